import * as vscode from 'vscode';
import type { TextSymbol } from '../../protocol/text';
import type { App } from '../app';
import { asText } from '../telling/plainText';
import { modelOfText, TEXT_SCHEME } from './textAddress';
import { TEXT_LANGUAGE, type TextDocuments, toRange } from './textDocuments';
import { TextFiles } from './textFiles';
import { hoverText } from './textHover';

const SELECTOR: vscode.DocumentSelector = [TEXT_SCHEME, 'file', 'untitled'].map((scheme) => ({
  language: TEXT_LANGUAGE,
  scheme,
}));

/** While somebody types, a text is looked at when nothing happened for so many ms. */
const TYPING_PAUSE = 400;

/** Shows texts of models, and answers what the editor asks about them; their threads find the answers. */
export function registerTexts({ editor, texts }: App): vscode.Disposable {
  const { languages } = vscode;
  return vscode.Disposable.from(
    vscode.workspace.registerFileSystemProvider(TEXT_SCHEME, new TextFiles(texts), {
      isCaseSensitive: true,
      isReadonly: true,
    }),
    languages.registerHoverProvider(SELECTOR, {
      async provideHover(document, at) {
        const choice = texts.choice(document.uri);
        const found = await texts.ask(document, 'textHover', { choice, at: place(at) });
        if (!found) return null;
        const model = modelOfText(document.uri);
        const profile = (model && editor.document(model)?.profileFor(choice)) ?? null;
        return new vscode.Hover(hoverText(found, model, profile), toRange(found.range));
      },
    }),
    languages.registerDefinitionProvider(SELECTOR, {
      async provideDefinition(document, at) {
        const names = await texts.ask(document, 'textNames', { at: place(at) });
        return names?.definition ? new vscode.Location(document.uri, toRange(names.definition)) : null;
      },
    }),
    languages.registerReferenceProvider(SELECTOR, {
      async provideReferences(document, at, { includeDeclaration }) {
        const names = await texts.ask(document, 'textNames', { at: place(at) });
        return (names?.mentions ?? [])
          .filter(({ writes }) => includeDeclaration || !writes)
          .map(({ range }) => new vscode.Location(document.uri, toRange(range)));
      },
    }),
    languages.registerDocumentHighlightProvider(SELECTOR, {
      async provideDocumentHighlights(document, at) {
        const names = await texts.ask(document, 'textNames', { at: place(at) });
        const { Read, Write } = vscode.DocumentHighlightKind;
        return (names?.mentions ?? []).map(
          ({ range, writes }) => new vscode.DocumentHighlight(toRange(range), writes ? Write : Read),
        );
      },
    }),
    languages.registerDocumentSymbolProvider(
      SELECTOR,
      {
        async provideDocumentSymbols(document) {
          return (await texts.ask(document, 'textOutline', null))?.map(toSymbol) ?? [];
        },
      },
      { label: 'Model Caliper' },
    ),
    languages.registerFoldingRangeProvider(SELECTOR, {
      async provideFoldingRanges(document) {
        const folds = await texts.ask(document, 'textFolds', null);
        return (folds ?? []).map(([first, last]) => new vscode.FoldingRange(first, last));
      },
    }),
    checkFiles(texts),
  );
}

/** Files with texts say what is wrong with them as soon as they are open. */
function checkFiles(texts: TextDocuments): vscode.Disposable {
  const timers = new Map<string, NodeJS.Timeout>();
  const check = (document: vscode.TextDocument, pause: number) => {
    if (document.languageId !== TEXT_LANGUAGE || !['file', 'untitled'].includes(document.uri.scheme)) return;
    const key = document.uri.toString();
    clearTimeout(timers.get(key));
    timers.set(
      key,
      setTimeout(() => {
        timers.delete(key);
        // Its problems come with the text's being sent, whatever is asked.
        if (!document.isClosed) void texts.ask(document, 'textFolds', null);
      }, pause),
    );
  };
  for (const document of vscode.workspace.textDocuments) check(document, 0);
  return vscode.Disposable.from(
    vscode.workspace.onDidOpenTextDocument((document) => check(document, 0)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => check(document, TYPING_PAUSE)),
    { dispose: () => timers.forEach(clearTimeout) },
  );
}

function place({ line, character }: vscode.Position) {
  return { line, character };
}

const KINDS: Readonly<Record<TextSymbol['kind'], vscode.SymbolKind>> = {
  graph: vscode.SymbolKind.Module,
  function: vscode.SymbolKind.Function,
  group: vscode.SymbolKind.Namespace,
  input: vscode.SymbolKind.Interface,
  output: vscode.SymbolKind.Event,
  initializer: vscode.SymbolKind.Constant,
  node: vscode.SymbolKind.Method,
};

function toSymbol({ name, detail, kind, range, selection, children }: TextSymbol): vscode.DocumentSymbol {
  const symbol = new vscode.DocumentSymbol(
    asText(name),
    asText(detail),
    KINDS[kind],
    toRange(range),
    toRange(selection),
  );
  symbol.children = children.map(toSymbol);
  return symbol;
}
