import type * as vscode from 'vscode';
import type { QuantizeOptions } from '../protocol/options';

/** What the user said about a model's data, kept in the workspace for next time. */
export type StoredOptions = Partial<
  Pick<QuantizeOptions, 'calibration' | 'validation' | 'preprocessing' | 'calibrationSamples' | 'twin'>
>;

export function storedOptions(context: vscode.ExtensionContext, model: vscode.Uri): StoredOptions {
  return context.workspaceState.get<StoredOptions>(key(model), {});
}

export async function storeOptions(
  context: vscode.ExtensionContext,
  model: vscode.Uri,
  options: QuantizeOptions,
): Promise<void> {
  const { calibration, validation, preprocessing, calibrationSamples, twin = null } = options;
  const kept: StoredOptions = { calibration, validation, preprocessing, calibrationSamples, twin };
  await context.workspaceState.update(key(model), kept);
}

function key(model: vscode.Uri): string {
  return `data of ${model}`;
}
