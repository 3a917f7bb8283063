import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ModelView } from '../../src/extension/model/modelView';
import { activate, activeTab, closeEditors, EXTENSION, SAMPLE, until, workspaceFile } from './support';

const CHOICE = { dims: {}, shapes: {} };

/** Every row that the page is to show from now on; it may take one before anybody can look. */
function recordWanted(view: ModelView): (string | null)[] {
  let { wantedRow } = view;
  const wanted: (string | null)[] = [];
  Object.defineProperty(view, 'wantedRow', {
    get: () => wantedRow,
    set: (row: string | null) => {
      wantedRow = row;
      wanted.push(row);
    },
  });
  return wanted;
}

describe('model editor', () => {
  afterEach(closeEditors);

  it('opens a model by default', async () => {
    const uri = workspaceFile(SAMPLE);
    await vscode.commands.executeCommand('vscode.open', uri);
    const input = await until('the custom editor', activeTab);
    assert.ok(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, 'caliper.model');
    assert.equal(input.uri.toString(), uri.toString());
  });

  it('registers every command that it contributes', async () => {
    await activate();
    const known = new Set(await vscode.commands.getCommands(true));
    const contributed: { command: string }[] =
      vscode.extensions.getExtension(EXTENSION)?.packageJSON.contributes.commands;
    assert.ok(contributed.length > 0);
    for (const { command } of contributed) assert.ok(known.has(command), command);
  });

  it('reads the model in its thread', async () => {
    const { editor } = await activate();
    const { document } = await editor.show(workspaceFile(SAMPLE));
    const opened = await document.reader.ask('open', { choice: CHOICE });
    assert.equal(opened.report.format, 'onnx');
    assert.equal(opened.report.problems.length, 0);
    const rows = await document.reader.ask('rows', { choice: CHOICE, from: 0, to: opened.rows });
    assert.equal(rows.length, opened.rows);
    const convolution = rows.find(({ op }) => op === 'Conv');
    assert.ok(convolution);
    assert.ok(convolution.macs !== null && convolution.macs > 0);
    const details = await document.reader.ask('details', { choice: CHOICE, row: convolution.index });
    assert.equal(details.name, convolution.name);
    const weight = details.weights[0];
    assert.ok(weight);
    const statistics = await document.reader.ask('statistics', {
      choice: CHOICE,
      row: convolution.index,
      tensor: weight.name,
    });
    assert.equal(statistics.elements, weight.elements);
    assert.ok(statistics.std !== null && statistics.std > 0);
  });

  it('opens a model at the row that a link names, and takes no other arguments', async () => {
    const { editor } = await activate();
    const uri = workspaceFile(SAMPLE);
    const view = await editor.show(uri);
    const wanted = recordWanted(view);
    await vscode.commands.executeCommand('caliper.reveal', uri.toString(), '7');
    assert.equal(editor.active, view);
    assert.equal(wanted[0], '7');
    // The page takes the row once it has all rows.
    await until('the page to take the row', () => editor.active?.wantedRow === null || undefined);
    await closeEditors();
    await vscode.commands.executeCommand('caliper.reveal', uri.toString(), 7);
    assert.equal(editor.active, undefined);
  });

  it('answers what cannot be answered with an error, and goes on', async () => {
    const { editor } = await activate();
    const { document } = await editor.show(workspaceFile(SAMPLE));
    await assert.rejects(document.reader.ask('details', { choice: CHOICE, row: 1_000_000 }));
    assert.ok((await document.reader.ask('open', { choice: CHOICE })).rows > 0);
  });

  it('exports the layers as CSV and JSON', async () => {
    const { editor } = await activate();
    const { document } = await editor.show(workspaceFile(SAMPLE));
    const { rows } = await document.reader.ask('open', { choice: CHOICE });
    const folder = mkdtempSync(join(tmpdir(), 'caliper-export-'));
    try {
      const exported = async (as: 'csv' | 'json') => {
        const target = join(folder, `layers.${as}`);
        await document.reader.ask('export', { choice: CHOICE, as, profile: null, target });
        return readFileSync(target, 'utf8');
      };
      assert.equal((await exported('csv')).trimEnd().split('\r\n').length, rows + 1);
      assert.equal(JSON.parse(await exported('json')).totals.layers, rows);
      // The model itself is never replaced, by whatever name.
      const link = join(folder, 'link.csv');
      symlinkSync(document.path, link);
      const onto = { choice: CHOICE, as: 'csv' as const, profile: null, target: link };
      await assert.rejects(document.reader.ask('export', onto), /the model itself/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('shows one document in two views, and reads it once', async () => {
    const { editor } = await activate();
    const first = await editor.show(workspaceFile(SAMPLE));
    await vscode.commands.executeCommand('workbench.action.splitEditor');
    await until('a second view', () => first.document.views.size === 2);
    assert.equal(editor.document(workspaceFile(SAMPLE)), first.document);
  });

  it('tells its pages that the file has changed, and reads it again', async () => {
    const { editor } = await activate();
    const uri = workspaceFile('changing.onnx');
    await vscode.workspace.fs.copy(workspaceFile(SAMPLE), uri, { overwrite: true });
    try {
      const { document } = await editor.show(uri);
      const before = await document.reader.ask('open', { choice: CHOICE });
      assert.ok(before.rows > 0);
      let changes = 0;
      document.onDidChange(() => changes++);
      await vscode.workspace.fs.writeFile(uri, new Uint8Array(0));
      // That it was made may be told late, as a change of its own.
      const refused = () =>
        changes > 0 &&
        document.reader.ask('open', { choice: CHOICE }).then(
          () => false,
          () => true,
        );
      await until('the empty file is read', refused);
    } finally {
      await closeEditors();
      rmSync(uri.fsPath, { force: true });
    }
  });

  it('tells its pages that a package has changed, whichever of its files did', async () => {
    const { editor } = await activate();
    const folder = workspaceFile('changing.mlpackage');
    await vscode.workspace.fs.copy(workspaceFile('shapes_mobilenetv2.mlpackage'), folder, {
      overwrite: true,
    });
    try {
      const { document } = await editor.show(vscode.Uri.joinPath(folder, 'Manifest.json'));
      assert.ok((await document.reader.ask('open', { choice: CHOICE })).rows > 0);
      const changed = new Promise<void>((resolve) => document.onDidChange(() => resolve()));
      const specification = vscode.Uri.joinPath(folder, 'Data', 'com.apple.CoreML', 'model.mlmodel');
      await vscode.workspace.fs.writeFile(specification, new Uint8Array(0));
      await changed;
    } finally {
      await closeEditors();
      rmSync(folder.fsPath, { recursive: true, force: true });
    }
  });

  it('ends its thread when the model is closed', async () => {
    const { editor } = await activate();
    const { document } = await editor.show(workspaceFile(SAMPLE));
    const reading = document.reader.ask('open', { choice: CHOICE });
    const outcome = reading.then(
      () => 'answered',
      () => 'stopped',
    );
    await closeEditors();
    await until('the document is gone', () => editor.document(workspaceFile(SAMPLE)) === undefined);
    // Whichever came first, nobody waits for ever.
    assert.match(await outcome, /answered|stopped/);
  });
});
