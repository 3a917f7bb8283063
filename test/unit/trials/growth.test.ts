import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onnx } from '../../../src/formats/onnx/format';
import type { NodeProto, TensorProto } from '../../../src/formats/onnx/onnx_pb';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import {
  makeFloatTensor,
  makeInt64Tensor,
  makeNode,
  makeTensor,
  makeValueInfo,
} from '../../../src/formats/onnx/writing/make';
import { writeModel } from '../../../src/formats/onnx/writing/writer';
import { toHalf } from '../../../src/model/float16';
import { seededNormal } from '../../../src/runtime/random';
import { decibels, evaluate, feedsFor, operatorsOf, run, withSession } from '../rewrite/support';
import { makeModel, scratchFolder } from '../support';
import { quantized } from './quantizing';

const folder = scratchFolder();
const normal = seededNormal(2);
const tensor = (name: string, shape: number[]) =>
  makeFloatTensor(name, shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal));

function saved(name: string, input: number[], nodes: NodeProto[], initializer: TensorProto[]): string {
  const path = join(folder, `${name}.onnx`);
  const graph = {
    name,
    node: nodes,
    initializer,
    input: [makeValueInfo('x', 'float32', input)],
    output: [{ name: 'y', type: { tensorType: { elemType: 1 } } }],
  };
  writeModel(makeModel(graph), path);
  return path;
}

/** Bytes after cleaning over those before; the outputs must stay. */
async function growth(path: string): Promise<{ ratio: number; operators: Record<string, number> }> {
  const target = path.replace(/\.onnx$/, '.clean.onnx');
  await rewriter.clean(onnx.open(path), target, evaluate);
  const feeds = await withSession(path, async (session) => feedsFor(session, {}, 3));
  expect(decibels(await run(path, feeds), await run(target, feeds))).toBeGreaterThan(100);
  return { ratio: statSync(target).size / statSync(path).size, operators: operatorsOf(target) };
}

describe('cleaning makes no model larger', () => {
  it('by many constants that are each small enough, as a speech model has them', async () => {
    // Forty tables of 4 kB, each made of one of 64 elements: 160 kB in a file of about 20.
    const names = Array.from({ length: 40 }, (_, i) => i);
    const path = saved(
      'speech',
      [1, 64],
      [
        ...names.map((i) => makeNode('Mul', ['column', `row${i}`], [`table${i}`])),
        ...names.map((i) => makeNode('MatMul', [i === 0 ? 'x' : `h${i - 1}`, `table${i}`], [`h${i}`])),
        makeNode('Add', ['h39', 'tail'], ['y']),
      ],
      [
        makeFloatTensor(
          'column',
          [64, 1],
          Array.from({ length: 64 }, () => 0.1 * normal()),
        ),
        ...names.map((i) => tensor(`row${i}`, [1, 64])),
        tensor('tail', [1, 64]),
      ],
    );
    const { ratio, operators } = await growth(path);
    expect(ratio).toBeLessThanOrEqual(1.02);
    expect(operators['Mul']).toBe(40);
  });

  it('and still folds the shapes of what is too large to be stored', async () => {
    const path = saved(
      'filled',
      [128, 64],
      [
        makeNode('Concat', ['rows', 'columns'], ['shape'], { axis: 0 }),
        makeNode('Expand', ['value', 'shape'], ['filled']),
        makeNode('Add', ['x', 'filled'], ['y']),
      ],
      [makeInt64Tensor('rows', [1], [128]), makeInt64Tensor('columns', [1], [64]), tensor('value', [1, 1])],
    );
    const { ratio, operators } = await growth(path);
    expect(ratio).toBeLessThanOrEqual(1.02);
    expect(operators).toEqual({ Expand: 1, Add: 1 });
  });

  it('by a weight that two convolutions share, of which one is normalized', async () => {
    const statistics = ['gamma', 'beta', 'mean'].map((name) => tensor(name, [8]));
    const path = saved(
      'shared',
      [1, 8, 5, 5],
      [
        makeNode('Conv', ['x', 'w'], ['a']),
        makeNode('BatchNormalization', ['a', 'gamma', 'beta', 'mean', 'variance'], ['b']),
        makeNode('Conv', ['b', 'w'], ['y']),
      ],
      [tensor('w', [8, 8, 3, 3]), ...statistics, makeFloatTensor('variance', [8], new Array(8).fill(2))],
    );
    const { ratio, operators } = await growth(path);
    expect(ratio).toBeLessThanOrEqual(1.02);
    expect(operators).toEqual({ Conv: 2, BatchNormalization: 1 });
  });

  it('or says why: float16 is widened', async () => {
    const halves = Uint16Array.from({ length: 64 * 64 }, () => toHalf(normal()));
    const path = saved(
      'half',
      [1, 64],
      [
        makeNode('Cast', ['x'], ['h'], { to: 10 }),
        makeNode('MatMul', ['h', 'w'], ['z']),
        makeNode('Cast', ['z'], ['y'], { to: 1 }),
      ],
      [makeTensor('w', 'float16', [64, 64], new Uint8Array(halves.buffer))],
    );
    const { report } = await quantized(path, 'float32');
    expect(report.bytes.after).toBeGreaterThan(1.5 * report.bytes.before);
    expect(report.warnings.join()).toMatch(/larger: its 16-bit weights are stored in float32/);
  });
});
