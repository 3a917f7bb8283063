import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphProtoSchema, ModelProtoSchema, type NodeProto } from '../formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../formats/onnx/writing/make';
import { writeModel } from '../formats/onnx/writing/writer';
import type { DataType } from '../model/dataType';
import { ModelError } from '../model/modelError';
import type { Feeds } from './engine';
import { onnxRuntime } from './onnxruntime';
import { describeFailure } from './onnxruntimeErrors';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-engine-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A model with the input `x` and the output `y`. */
function write(name: string, node: NodeProto[], type: DataType, shape: (number | string)[]): string {
  const path = join(folder, `${name}.onnx`);
  const graph = create(GraphProtoSchema, {
    name,
    node,
    initializer: [makeFloatTensor('table', [3, 1], [10, 20, 30])],
    input: [makeValueInfo('x', type, shape)],
    output: [makeValueInfo('y', type === 'int64' ? 'float32' : type, type === 'int64' ? ['n', 1] : shape)],
  });
  writeModel(
    create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: '', version: 15n }], graph }),
    path,
  );
  return path;
}

async function sentence(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ModelError);
  return (error as ModelError).message;
}

describe('describeFailure', () => {
  it('names the innermost of nested nodes', () => {
    const inner =
      "Non-zero status code returned while running Pad node. Name:'pad' Status Message: too short";
    const outer = `Non-zero status code returned while running If node. Name:'branch' Status Message: ${inner}`;
    const error = describeFailure(new Error(outer), '/models/cat.onnx', 'run');
    expect(error.node).toBe('pad');
    expect(error.message).toBe(
      'ONNX Runtime says that cat.onnx cannot be run, in the node "pad": Pad: too short.',
    );
  });

  it('leaves out where in its own source the engine was', () => {
    const raw =
      'Load model from /models/cat.onnx failed:/onnxruntime_src/onnxruntime/core/graph/model.cc:187 onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::PathString&) ModelProto does not have a graph.\n';
    expect(describeFailure(new Error(raw), '/models/cat.onnx', 'loaded').message).toBe(
      'ONNX Runtime says that cat.onnx cannot be loaded: ModelProto does not have a graph.',
    );
  });
});

describe('ONNX Runtime', () => {
  it('runs float16 as bits', async () => {
    const path = write('half', [makeNode('Add', ['x', 'x'], ['y'])], 'float16', [2]);
    const session = await onnxRuntime.load(path, { threads: 1 });
    const { y } = await session.run({
      x: { type: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
    });
    expect(y).toEqual({ type: 'float16', shape: [2], data: Uint16Array.of(0x4000, 0xc400) });
    await session.close();
  });

  it('tells inputs and outputs, with names of open dimensions, and runs with values for them', async () => {
    const path = write('open', [makeNode('Neg', ['x'], ['y'])], 'float32', ['batch', 2]);
    const open = await onnxRuntime.load(path, { threads: 1 });
    expect(open.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['batch', 2] }]);
    await open.close();
    const fixed = await onnxRuntime.load(path, { threads: 1, dims: { batch: 3 } });
    const { y } = await fixed.run({
      x: { type: 'float32', shape: [3, 2], data: new Float32Array(6).fill(2) },
    });
    expect(y).toEqual({ type: 'float32', shape: [3, 2], data: new Float32Array(6).fill(-2) });
    await fixed.close();
  });

  it('names the node that fails, without the engine’s own source', async () => {
    const node = makeNode('Gather', ['table', 'x'], ['y'], {}, { name: 'look up' });
    const path = write('gather', [node], 'int64', ['n']);
    const session = await onnxRuntime.load(path, { threads: 1 });
    const run = (feeds: Feeds) => sentence(session.run(feeds));
    const indices = (...values: bigint[]) => ({
      x: { type: 'int64' as const, shape: [values.length], data: BigInt64Array.from(values) },
    });
    const { y } = await session.run(indices(2n));
    expect(y?.data).toEqual(Float32Array.of(30));
    const message = await run(indices(7n));
    expect(message).toMatch(/gather\.onnx cannot be run, in the node "look up": Gather: .*idx=7/);
    expect(message).not.toMatch(/onnxruntime_src|\n/);
    expect(await run({})).toMatch(/input "x" was not given/);
    await session.close();
  });

  it('says in a sentence what is wrong with a file', async () => {
    const node = makeNode('NoSuchOperator', ['x'], ['y'], {}, { name: 'strange' });
    const strange = write('strange', [node], 'float32', [1]);
    const message = await sentence(onnxRuntime.load(strange, { threads: 1 }));
    expect(message).toMatch(/strange\.onnx cannot be loaded, in the node "strange": NoSuchOperator/);
    const damaged = join(folder, 'damaged.onnx');
    writeFileSync(damaged, 'not a model');
    expect(await sentence(onnxRuntime.load(damaged, { threads: 1 }))).toMatch(
      /damaged\.onnx cannot be loaded/,
    );
    const absent = join(folder, 'absent.onnx');
    const missing = await sentence(onnxRuntime.load(absent, { threads: 1 }));
    expect(missing).toContain('absent.onnx');
    expect(missing).not.toContain(folder);
  });
});
