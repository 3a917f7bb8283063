import { describe, expect, it } from 'vitest';
import { numberedPaths } from '../../../src/evaluation/bench';
import type { Samples } from '../../../src/evaluation/samples';
import type { OnnxFile } from '../../../src/formats/onnx/file';
import { onnx } from '../../../src/formats/onnx/format';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import { makeFloatTensor, makeNode } from '../../../src/formats/onnx/writing/make';
import { itemAt } from '../../../src/model/assert';
import { equalize } from '../../../src/quantization/equalization/equalize';
import { layOut } from '../../../src/quantization/layout';
import type { Feeds } from '../../../src/runtime/engine';
import { onnxRuntime } from '../../../src/runtime/onnxruntime';
import { seededNormal } from '../../../src/runtime/random';
import { randomTensors, type Small, workshop } from './small';
import { assigned, calibrate, decibels, observing, run, runUnfused, write } from './support';

const { model, fresh, folder } = workshop();
const { tensor } = randomTensors(21);

/** Weights whose outputs differ by up to a hundred times, as folded normalizations leave them. */
function uneven(name: string, shape: number[]) {
  const [outputs = 1, ...rest] = shape;
  const size = rest.reduce((a, b) => a * b, 1);
  const normal = seededNormal(name.length + outputs);
  const values = Array.from({ length: outputs * size }, (_, i) => {
    const factor = 10 ** ((Math.floor(i / size) % 5) / 2 - 1);
    return (factor * normal()) / Math.sqrt(size);
  });
  return makeFloatTensor(name, shape, values);
}

/** An inverted residual: expansion, depthwise convolution, projection, and a sum around them. */
function residual(activation: (input: string, output: string) => ReturnType<typeof makeNode>): Small {
  return {
    inputs: { x: [1, 4, 8, 8] },
    nodes: [
      makeNode('Conv', ['x', 'stem', 'stem_b'], ['a']),
      makeNode('Conv', ['a', 'expand', 'expand_b'], ['b_raw']),
      activation('b_raw', 'b'),
      makeNode('Conv', ['b', 'depth', 'depth_b'], ['c_raw'], { group: 12, pads: [1, 1, 1, 1] }),
      activation('c_raw', 'c'),
      makeNode('Conv', ['c', 'project', 'project_b'], ['d']),
      makeNode('Add', ['a', 'd'], ['e']),
      makeNode('Conv', ['e', 'last', 'last_b'], ['y']),
    ],
    initializers: [
      uneven('stem', [6, 4, 1, 1]),
      tensor('stem_b', [6]),
      uneven('expand', [12, 6, 1, 1]),
      tensor('expand_b', [12], 0.1),
      uneven('depth', [12, 1, 3, 3]),
      tensor('depth_b', [12], 0.1),
      uneven('project', [6, 12, 1, 1]),
      tensor('project_b', [6], 0.1),
      tensor('last', [5, 6, 1, 1]),
      tensor('last_b', [5]),
    ],
  };
}

const relu = (input: string, output: string) => makeNode('Relu', [input], [output]);

const normal = seededNormal(4);
const feeds: Feeds[] = Array.from({ length: 12 }, () => ({
  x: { type: 'float32', shape: [1, 4, 8, 8], data: Float32Array.from({ length: 256 }, normal) },
}));
const samples: Samples = {
  name: 'test',
  size: 8,
  labels: null,
  feeds: async (index) => itemAt(feeds, index),
};

async function equalized(file: OnnxFile): Promise<{ file: OnnxFile; changed: number }> {
  const bench = {
    engine: onnxRuntime,
    open: (path: string) => onnx.open(path),
    threads: 1,
    newPath: numberedPaths(folder, file.model.file),
    observing,
  };
  const plan = rewriter.plan(file);
  const { roots } = layOut(plan, assigned(file, 'int8-all'));
  const target = fresh();
  const task = {
    cleaned: file,
    dims: { dims: {}, shapes: {} },
    plan,
    quantized: new Set(roots.keys()),
    fixed: [],
    samples,
  };
  const changed = (await equalize(bench, task, target))?.changed ?? 0;
  return { file: changed === 0 ? file : onnx.open(target), changed };
}

/** SQNR of the int8 model on samples that it was not made of. */
async function quantized(file: OnnxFile, float: OnnxFile): Promise<number> {
  const ranges = await calibrate(file, feeds.slice(0, 8), fresh());
  const target = fresh();
  write(file, 'int8-all', target, { ranges });
  const all = await Promise.all(
    feeds.slice(8).map(async (feed) => {
      const { y } = await run(float.model.file, feed);
      return decibels({ y: y as NonNullable<typeof y> }, await runUnfused(target, feed));
    }),
  );
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}

describe('equalization', () => {
  it('changes nothing in float, and lets integers come nearer', async () => {
    const file = model(residual(relu));
    const { file: other, changed } = await equalized(file);
    expect(changed).toBeGreaterThan(0);
    for (const feed of feeds)
      expect(decibels(await run(file.model.file, feed), await run(other.model.file, feed))).toBeGreaterThan(
        110,
      );
    expect(await quantized(other, file)).toBeGreaterThan((await quantized(file, file)) + 3);
  });

  it('names what it changed', async () => {
    const { file } = await equalized(model(residual(relu)));
    const outputs = file.model.graph.nodes.flatMap(({ outputs }) => outputs);
    expect(outputs).toContain('b_equalized');
    expect(outputs).toContain('e_equalized');
    // What goes out stays what it was.
    expect(outputs).toContain('y');
    expect([...file.model.graph.constants.keys()]).toContain('depth_equalized');
  });

  it('goes through concatenated and resized channels, and leaves those as they are that something else gives', async () => {
    const scales = makeFloatTensor('scales', [4], [1, 1, 2, 2]);
    const file = model({
      inputs: { x: [1, 4, 8, 8] },
      nodes: [
        makeNode('Conv', ['x', 'one', 'one_b'], ['a_raw'], { strides: [2, 2] }),
        relu('a_raw', 'a'),
        makeNode('Resize', ['a', '', 'scales'], ['up']),
        makeNode('Conv', ['x', 'two', 'two_b'], ['b_raw']),
        relu('b_raw', 'b'),
        makeNode('Sigmoid', ['x'], ['other']),
        makeNode('Concat', ['up', 'other', 'b'], ['all'], { axis: 1 }),
        makeNode('Conv', ['all', 'last', 'last_b'], ['y']),
      ],
      initializers: [
        scales,
        uneven('one', [10, 4, 1, 1]),
        tensor('one_b', [10], 0.1),
        uneven('two', [10, 4, 1, 1]),
        tensor('two_b', [10], 0.1),
        tensor('last', [5, 24, 1, 1]),
        tensor('last_b', [5]),
      ],
    });
    const { file: other } = await equalized(file);
    const outputs = other.model.graph.nodes.flatMap((node) => node.outputs);
    expect(outputs).toEqual(
      expect.arrayContaining(['a_equalized', 'up_equalized', 'other', 'b_equalized', 'all_equalized']),
    );
    for (const feed of feeds)
      expect(decibels(await run(file.model.file, feed), await run(other.model.file, feed))).toBeGreaterThan(
        110,
      );
    expect(await quantized(other, file)).toBeGreaterThan((await quantized(file, file)) + 1);
  });

  it('leaves the limit of an activation function where values reach it, on the data that were seen', async () => {
    const limited = residual((input, output) => makeNode('Clip', [input, 'zero', 'six'], [output]));
    limited.initializers?.push(makeFloatTensor('zero', [], [0]), makeFloatTensor('six', [], [6]));
    const file = model(limited);
    const { file: other, changed } = await equalized(file);
    expect(changed).toBeGreaterThan(0);
    for (const feed of feeds.slice(0, 8))
      expect(decibels(await run(file.model.file, feed), await run(other.model.file, feed))).toBeGreaterThan(
        110,
      );
  });

  it('stops where a function is not homogeneous, and at weights that others read', async () => {
    expect((await equalized(model(residual((i, o) => makeNode('Sigmoid', [i], [o]))))).changed).toBe(3);
    const shared = residual(relu);
    const more = makeNode('ReduceSum', ['depth'], ['sum'], { keepdims: 0 });
    const { changed } = await equalized(
      model({ ...shared, nodes: [...shared.nodes, more], outputs: ['y', 'sum'] }),
    );
    expect(changed).toBe(3);
  });
});
