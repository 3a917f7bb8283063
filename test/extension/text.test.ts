import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { activate, closeEditors, hoverText, SAMPLE, until, workspaceFile } from './support';

const TEXT = `<ir_version: 8, opset_import: ["": 17]>
g (float[2,3] x) => (float[2,4] y)
<
  float[3,4] w = {...}
>
{
  t = MatMul (x, w)
  y = Relu (t)
}
`;

describe('text of a model', () => {
  afterEach(closeEditors);

  it('is shown for every format, and cannot be changed', async () => {
    await activate();
    for (const [name, line] of [
      [SAMPLE, 'main_graph (float[N,3,96,96] image) => (float[N,10] logits)'],
      ['shapes_mobilenetv2.tflite', '  format: "tflite",'],
      ['shapes_mobilenetv2.mlpackage', '  format: "coreml",'],
    ] as const) {
      await vscode.commands.executeCommand('caliper.openText', workspaceFile(name));
      const document = shown();
      assert.equal(document.languageId, 'onnxtxt');
      assert.ok(document.getText().split('\n').includes(line), name);
      assert.equal(vscode.workspace.fs.isWritableFileSystem(document.uri.scheme), false);
    }
  });

  it('has hovers with links to the page, definitions, references and an outline', async () => {
    await activate();
    await vscode.commands.executeCommand('caliper.openText', workspaceFile(SAMPLE));
    const document = shown();
    const conv = placeOf(document, '= Conv', 3);
    const text = await hoverAt(document, conv);
    assert.match(text, /448 parameters/);
    assert.match(text, /command:caliper\.reveal\?/);
    const weight = placeOf(document, '"onnx::Conv_537", ', 3);
    assert.match(await hoverAt(document, weight), /stored in the model[\s\S]*mean/);
    const definitions = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeDefinitionProvider',
      document.uri,
      weight,
    );
    const line = definitions[0]?.range.start.line ?? 0;
    assert.match(document.lineAt(line).text, /^ {2}float\[16,3,3,3\] "onnx::Conv_537" = \{/);
    const references = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeReferenceProvider',
      document.uri,
      weight,
    );
    assert.equal(references.length, 2);
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      document.uri,
    );
    assert.equal(symbols[0]?.name, 'main_graph');
    assert.ok(symbols[0]?.children.some(({ name }) => name === '/features/features.0/features.0.0/Conv'));
  });

  it('follows the file', async () => {
    await activate();
    const model = workspaceFile('changing.onnx');
    copyFileSync(workspaceFile(SAMPLE).fsPath, model.fsPath);
    try {
      await vscode.commands.executeCommand('caliper.openText', model);
      const document = shown();
      assert.match(document.getText(), /main_graph/);
      copyFileSync(workspaceFile('shapes_mobilenetv2.tflite').fsPath, model.fsPath);
      await until('the text of the other model', () => document.getText().includes('CONV_2D'));
    } finally {
      await closeEditors();
      rmSync(model.fsPath, { force: true });
    }
  });

  it('says in a sentence why there is none', async () => {
    await activate();
    const model = workspaceFile('broken.onnx');
    writeFileSync(model.fsPath, 'not a model');
    try {
      const uri = model.with({ scheme: 'caliper-text', path: `${model.path}.onnxtxt` });
      await assert.rejects(
        async () => vscode.workspace.openTextDocument(uri),
        /not a model that can be opened/,
      );
    } finally {
      rmSync(model.fsPath, { force: true });
    }
  });

  it('of a row is shown when the page asks for it', async () => {
    const { editor } = await activate();
    const view = await editor.show(workspaceFile(SAMPLE));
    await view.request('revealText', { row: 3 });
    const at = vscode.window.activeTextEditor?.selection.active;
    assert.match(shown().lineAt(at?.line ?? 0).text, /= Clip/);
  });

  it('is compared by the editor', async () => {
    await activate();
    const other = workspaceFile('other.onnx');
    copyFileSync(workspaceFile(SAMPLE).fsPath, other.fsPath);
    try {
      const models = [workspaceFile(SAMPLE), other];
      await vscode.commands.executeCommand('caliper.compareText', models[0], models);
      const { input } = await textDiff();
      assert.equal(input.modified.path.split('/').pop(), 'other.onnx.onnxtxt');
    } finally {
      await closeEditors();
      rmSync(other.fsPath);
    }
  });
});

describe('text of a model in a repository', () => {
  const folder = () => workspaceFile('repository');
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
      cwd: folder().fsPath,
    });

  before(function () {
    mkdirSync(folder().fsPath, { recursive: true });
    if (git('init', '-q').status !== 0) this.skip();
  });
  after(async () => {
    await closeEditors();
    rmSync(folder().fsPath, { recursive: true, force: true });
  });

  it('is compared with that of the last commit', async () => {
    await activate();
    const model = workspaceFile('repository/model.onnx');
    copyFileSync(workspaceFile(SAMPLE).fsPath, model.fsPath);
    git('add', '.');
    git('commit', '-q', '-m', 'first');
    copyFileSync(workspaceFile('shapes_mobilenetv2.tflite').fsPath, model.fsPath);
    await vscode.commands.executeCommand('caliper.compareTextHead', model);
    const { input, label } = await textDiff();
    assert.match(label, /^model\.onnx \(HEAD ↔ now\)$/);
    const [before, now] = await Promise.all(
      [input.original, input.modified].map((uri) => vscode.workspace.openTextDocument(uri)),
    );
    assert.match(before?.getText() ?? '', /producer_name: "pytorch"/);
    assert.match(now?.getText() ?? '', /format: "tflite"/);
  });
});

describe('a file with a text', () => {
  const uri = () => workspaceFile('small.onnxtxt');
  afterEach(async () => {
    await closeEditors();
    rmSync(uri().fsPath, { force: true });
  });

  it('has the same hovers, and its problems are listed while it is changed', async () => {
    await activate();
    writeFileSync(uri().fsPath, TEXT);
    const editor = await vscode.window.showTextDocument(uri());
    assert.equal(editor.document.languageId, 'onnxtxt');
    assert.match(
      await hoverAt(editor.document, placeOf(editor.document, 'MatMul')),
      /12 parameters[\s\S]*24 MACs/,
    );
    await editor.edit((edit) => edit.replace(new vscode.Range(6, 0, 6, 100), '  t = MatMul (x, w'));
    const problems = () => vscode.languages.getDiagnostics(editor.document.uri);
    await until('the problem', () => problems().length > 0);
    assert.equal(problems()[0]?.range.start.line, 7);
    await editor.edit((edit) => edit.insert(new vscode.Position(6, 100), ')'));
    await until('no problem', () => problems().length === 0);
    await vscode.commands.executeCommand('workbench.action.files.save');
  });
});

function shown(): vscode.TextDocument {
  const document = vscode.window.activeTextEditor?.document;
  assert.ok(document, 'no text is shown');
  return document;
}

/** The comparison of two texts in front, of which the editor tells when it is there. */
function textDiff(): Promise<{ input: vscode.TabInputTextDiff; label: string }> {
  return until('the comparison of two texts', () => {
    const { input, label } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
    return input instanceof vscode.TabInputTextDiff && label !== undefined && { input, label };
  });
}

function placeOf(document: vscode.TextDocument, text: string, into = 0): vscode.Position {
  return document.positionAt(document.getText().indexOf(text) + into);
}

async function hoverAt(document: vscode.TextDocument, at: vscode.Position): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    document.uri,
    at,
  );
  return hovers.map(hoverText).join('\n');
}
