import * as vscode from 'vscode';
import { type DeviceChoice, type DevicePrograms, type DevicesReport, SSH_PREFIX } from '../protocol/devices';
import type { MeasureOptions } from '../protocol/options';
import type { App } from './app';
import { measureSettings } from './settings';

/** A board of the setting `caliper.devices`, as a person writes it. */
interface NamedBoard {
  readonly host?: unknown;
  readonly name?: unknown;
  readonly caliper?: unknown;
}

/** Settings of the machine alone: a workspace must not name programs that are run, nor computers that are called. */
export function devicePrograms(): DevicePrograms {
  const settings = vscode.workspace.getConfiguration('caliper');
  const remoteCaliper = boards().flatMap(({ id, caliper }) =>
    caliper === null ? [] : [[id, caliper] as const],
  );
  return {
    adb: settings.get('adb', '') || null,
    benchmarkModel: settings.get('benchmarkModel', '') || null,
    remoteCaliper: Object.fromEntries(remoteCaliper),
  };
}

/** Where models can be measured: boards under the names that the user gave them. */
export async function listDevices(app: App): Promise<DevicesReport> {
  const named = boards();
  const report = await app.jobs.listDevices(named.map(({ id }) => id));
  const names = new Map(named.flatMap(({ id, name }) => (name === null ? [] : [[id, name] as const])));
  return {
    ...report,
    devices: report.devices.map((device) => ({ ...device, name: names.get(device.id) ?? device.name })),
  };
}

/** How a model is measured: as the settings say, and on the device that was chosen for it. */
export function measuring(context: vscode.ExtensionContext, model: vscode.Uri): MeasureOptions {
  const device = context.workspaceState.get<DeviceChoice | null>(key(model), null);
  return { ...measureSettings(), device };
}

export async function chooseDevice(
  context: vscode.ExtensionContext,
  model: vscode.Uri,
  device: DeviceChoice | null,
): Promise<void> {
  await context.workspaceState.update(key(model), device ?? undefined);
}

function boards(): { id: string; name: string | null; caliper: string | null }[] {
  const listed = vscode.workspace.getConfiguration('caliper').get<unknown>('devices');
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((board: NamedBoard | null) => {
    if (typeof board?.host !== 'string' || board.host === '') return [];
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
    return [{ id: `${SSH_PREFIX}${board.host}`, name: text(board.name), caliper: text(board.caliper) }];
  });
}

function key(model: vscode.Uri): string {
  return `device of ${model}`;
}
