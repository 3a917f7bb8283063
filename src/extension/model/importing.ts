import * as vscode from 'vscode';
import type { ImportedProfile } from '../../protocol/imported';
import { fileName } from '../files/targets';
import type { ModelView } from './modelView';

/** Lays what was measured elsewhere over the model, in all its views; null when the user cancelled. */
export async function importMeasurements({ document, choice }: ModelView): Promise<ImportedProfile | null> {
  const title = `Import Measurements of ${fileName(document.uri)}`;
  const [source] =
    (await vscode.window.showOpenDialog({
      title,
      defaultUri: document.folder,
      filters: { Measurements: ['txt', 'log', 'csv', 'json'], 'All files': ['*'] },
    })) ?? [];
  if (source === undefined) return null;
  const name = await vscode.window.showInputBox({
    title,
    prompt: 'What the device is called, such as Pixel 8; empty: after the file',
    ignoreFocusOut: true,
  });
  if (name === undefined) return null;
  const profile = await document.reader.ask('importMeasurements', {
    choice,
    source: source.fsPath,
    name: name.trim() || null,
  });
  document.addImported(profile);
  return profile;
}
