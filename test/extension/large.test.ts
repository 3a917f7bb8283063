import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { create, toBinary } from '@bufbuild/protobuf';
import * as vscode from 'vscode';
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  TensorProtoSchema,
} from '../../src/formats/onnx/onnx_pb';
import { makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import { activate, closeEditors, hoverText, workspaceFile } from './support';

const CHOICE = { dims: {}, shapes: {} };
/** Side of the square weight: 1 GiB of float32. */
const SIDE = 16_384;
/** float32, as ONNX numbers its types. */
const FLOAT = 1;

describe('large models', () => {
  afterEach(closeEditors);

  it('opens a model of 1 GB without taking its weights into memory', async () => {
    const uri = workspaceFile('large.onnx');
    writeLargeModel(uri.fsPath);
    try {
      const { editor } = await activate();
      const before = process.memoryUsage().rss;
      const { document } = await editor.show(uri);
      const { report } = await document.reader.ask('open', { choice: CHOICE });
      assert.ok(report.fileBytes > 2 ** 30);
      assert.equal(report.totals.parameters, SIDE * SIDE);
      assert.equal(report.totals.macs, SIDE * SIDE);
      assert.ok(process.memoryUsage().rss - before < 2 ** 29, 'the weights were read');
    } finally {
      await closeEditors();
      rmSync(uri.fsPath, { force: true });
    }
  });

  it('opens a model of 100,000 layers, and the host stays free meanwhile', async () => {
    const uri = workspaceFile('deep.onnx');
    const count = 100_000;
    writeFileSync(uri.fsPath, toBinary(ModelProtoSchema, deepModel(count)));
    try {
      const { editor } = await activate();
      const { document } = await editor.show(uri);
      let ticks = 0;
      const timer = setInterval(() => ticks++, 1);
      const opened = await document.reader.ask('open', { choice: CHOICE });
      clearInterval(timer);
      // Reading takes hundreds of milliseconds; a host that waited for it would not tick at all.
      assert.ok(ticks > 10, `${ticks} ticks`);
      assert.equal(opened.rows, count);
      const rows = await document.reader.ask('rows', { choice: CHOICE, from: count - 1, to: count });
      assert.deepEqual(rows[0]?.outputs[0]?.shape, [1, 8]);
    } finally {
      await closeEditors();
      rmSync(uri.fsPath, { force: true });
    }
  });

  it('shows a model of 100,000 layers as text, and answers hovers over it', async () => {
    const model = workspaceFile('deep.onnx');
    const count = 100_000;
    writeFileSync(model.fsPath, toBinary(ModelProtoSchema, deepModel(count)));
    try {
      await activate();
      await vscode.commands.executeCommand('caliper.openText', model);
      const document = vscode.window.activeTextEditor?.document;
      assert.ok(document);
      assert.equal(document.languageId, 'onnxtxt');
      const line = document.lineCount - 3;
      assert.equal(document.lineAt(line).text, `  t${count} = Relu (t${count - 1})`);
      const at = new vscode.Position(line, document.lineAt(line).text.indexOf('Relu'));
      const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        at,
      );
      assert.ok(hover);
      assert.match(hoverText(hover), /1×8/);
      const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
        'vscode.executeDocumentSymbolProvider',
        document.uri,
      );
      assert.ok((symbols[0]?.children.length ?? 0) > 100);
    } finally {
      await closeEditors();
      rmSync(model.fsPath, { force: true });
    }
  });
});

function deepModel(count: number): ModelProto {
  const node: NodeProto[] = [];
  for (let i = 0; i < count; i++) node.push(makeNode('Relu', [`t${i}`], [`t${i + 1}`]));
  return model({
    name: 'deep',
    node,
    input: [makeValueInfo('t0', 'float32', [1, 8])],
    output: [makeValueInfo(`t${count}`, 'float32', [1, 8])],
  });
}

/** One product with a weight of 1 GB, whose bytes are a hole in the file: it takes no room on the disk. */
function writeLargeModel(path: string): void {
  const weightBytes = 4 * SIDE * SIDE;
  const tensor = toBinary(
    TensorProtoSchema,
    create(TensorProtoSchema, { name: 'weight', dims: [BigInt(SIDE), BigInt(SIDE)], dataType: FLOAT }),
  );
  const { graph, ...rest } = model({
    name: 'large',
    node: [makeNode('MatMul', ['x', 'weight'], ['y'])],
    input: [makeValueInfo('x', 'float32', [1, SIDE])],
    output: [makeValueInfo('y', 'float32', [1, SIDE])],
  });
  assert.ok(graph);
  // Fields may come in any order, and the last field may be the longest: raw_data (9) in initializer (5) in graph (7).
  const raw = tagged(9, weightBytes);
  const initializer = tagged(5, tensor.length + raw.length + weightBytes);
  const head = toBinary(GraphProtoSchema, graph);
  const graphBytes = head.length + initializer.length + tensor.length + raw.length + weightBytes;
  const model0 = toBinary(ModelProtoSchema, create(ModelProtoSchema, rest));
  const bytes = Buffer.concat([model0, tagged(7, graphBytes), head, initializer, tensor, raw]);
  const file = openSync(path, 'w');
  try {
    writeSync(file, bytes);
    ftruncateSync(file, bytes.length + weightBytes);
  } finally {
    closeSync(file);
  }
}

/** Tag and length of a field of bytes. */
function tagged(field: number, length: number): Uint8Array {
  const bytes = [field * 8 + 2];
  let rest = length;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function model(graph: object): ModelProto {
  return create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: '', version: 17n }], graph });
}
