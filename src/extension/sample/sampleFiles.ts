import { cp, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../app';

/** The sample's files as the extension ships them, under `models`. */
export const SAMPLE = {
  model: 'shapes_mobilenetv2.onnx',
  source: 'shapes_mobilenetv2.py',
  calibration: path.join('shapes', 'calibration'),
} as const;

/**
 * A copy of the sample in the extension's own folder, because what quantizing makes is written beside the model. What was
 * made there before stays.
 */
export async function sampleFolder({ context }: App): Promise<vscode.Uri> {
  const folder = vscode.Uri.joinPath(context.globalStorageUri, 'sample');
  const shipped = vscode.Uri.joinPath(context.extensionUri, 'models');
  await mkdir(folder.fsPath, { recursive: true });
  for (const name of Object.values(SAMPLE)) {
    const target = path.join(folder.fsPath, name);
    if (!(await exists(target))) await cp(path.join(shipped.fsPath, name), target, { recursive: true });
  }
  return folder;
}

export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
