import * as vscode from 'vscode';
import { hoverMarkdown } from '../../python/hover/hover';
import type { LayerCall, SourceRange } from '../../python/sourceFile';
import { PYTHON, type PythonSources } from './sources';

/** Adds what is known elsewhere of a layer, as sections in Markdown; it must answer at once. */
export type HoverSections = (document: vscode.TextDocument, call: LayerCall) => Promise<readonly string[]>;

/** What a layer's constructor costs, where it is written. */
export function registerPythonHover(sources: PythonSources, sections?: HoverSections): vscode.Disposable {
  return vscode.languages.registerHoverProvider(PYTHON, {
    async provideHover(document, { line, character }) {
      if (!isOn('hover', document)) return undefined;
      const call = await sources.ask(document, 'hover', { position: { line, character } });
      if (call === null || call.instances.length === 0) return undefined;
      const text = new vscode.MarkdownString(hoverMarkdown(call, (await sections?.(document, call)) ?? []));
      // Names in it come from files: their links may open a model's page and do nothing else.
      text.isTrusted = { enabledCommands: ['caliper.reveal'] };
      return new vscode.Hover(text, rangeOf(call.range));
    },
  });
}

export function isOn(setting: 'hover' | 'codeLens', document: vscode.TextDocument): boolean {
  return vscode.workspace.getConfiguration('caliper.python', document).get(setting, true);
}

export function rangeOf({ start, end }: SourceRange): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
