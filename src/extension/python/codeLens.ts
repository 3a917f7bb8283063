import * as vscode from 'vscode';
import type { SourceLens } from '../../python/hover/lenses';
import { asText } from '../telling/plainText';
import { isOn, rangeOf } from './hover';
import { PYTHON, type PythonSources } from './sources';

/** What is known elsewhere of the modules that a definition makes, such as the latency of a model. */
export interface LensLinks {
  /** Further lenses beside the one of the source; it must answer at once. */
  commandsFor(document: vscode.TextDocument, lens: SourceLens): Promise<readonly vscode.Command[]>;
  /** They may have changed. */
  readonly onDidChange: vscode.Event<void>;
}

/** Parameters and size above each definition of a module. */
export function registerPythonCodeLens(sources: PythonSources, links?: LensLinks): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    async provideCodeLenses(document) {
      if (!isOn('codeLens', document)) return [];
      const lenses = (await sources.ask(document, 'lenses', {})) ?? [];
      const all = lenses.map(async (lens) => {
        const commands = [
          { title: asText(lens.title), command: '' },
          ...((await links?.commandsFor(document, lens)) ?? []),
        ];
        return commands.map((command) => new vscode.CodeLens(rangeOf(lens.range), command));
      });
      return (await Promise.all(all)).flat();
    },
  };
  return vscode.Disposable.from(
    changed,
    vscode.languages.registerCodeLensProvider(PYTHON, provider),
    sources.onDidAnalyze(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('caliper.python.codeLens')) changed.fire();
    }),
    ...(links ? [links.onDidChange(() => changed.fire())] : []),
  );
}
