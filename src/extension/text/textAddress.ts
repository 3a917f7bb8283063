import * as vscode from 'vscode';
import { manifestOf, modelPath } from '../files/packages';

export const TEXT_SCHEME = 'caliper-text';
/** What follows a model's name in the address of its text: the editor then knows the language. */
const ENDING = '.onnxtxt';

/** Address of a model's text; `vscode.diff` takes two of them. */
export function textUri(model: vscode.Uri): vscode.Uri {
  const { path } = vscode.Uri.file(modelPath(model));
  return model.with({ scheme: TEXT_SCHEME, path: path + ENDING });
}

/** The model that a text is of; null for texts that are files of their own. */
export function modelOfText(text: vscode.Uri): vscode.Uri | null {
  if (text.scheme !== TEXT_SCHEME) return null;
  return manifestOf(text.with({ scheme: 'file', path: text.path.slice(0, -ENDING.length) }));
}
