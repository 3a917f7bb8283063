import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  makeModel,
  realModels,
  realTfliteModels,
  SAMPLE,
  SAMPLE_TFLITE,
  SHARED_ONNX,
  SHARED_TFLITE,
  scratchFolder,
} from '../../../test/unit/support';
import { openModel } from '../../formats';
import type { ModelProto, NodeProto } from '../../formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../formats/onnx/writing/make';
import { writeModel } from '../../formats/onnx/writing/writer';
import { seededRandom } from '../../runtime/random';
import { compareFiles } from './fileDifferences';
import { matchLayers, type Partners } from './matching';
import { producersOf, type Side, type SideRow, sideOf } from './side';

const folder = scratchFolder();
const SAMPLE_COREML = resolve('models/shapes_mobilenetv2.mlpackage');
const SHARED_COREML = resolve('../shared/models/coreml');

const sides = new Map<string, Side>();

function side(path: string): Side {
  const found = sides.get(path) ?? sideOf(openModel(path), { dims: {}, shapes: {} });
  sides.set(path, found);
  return found;
}

afterAll(() => {
  for (const { file } of sides.values()) file.close();
});

let written = 0;
function save(model: ModelProto): string {
  const path = join(folder, `${written++}.onnx`);
  writeModel(model, path);
  return path;
}

function allModels(): string[] {
  const coreml = existsSync(SHARED_COREML) ? readdirSync(SHARED_COREML).sort() : [];
  return [
    ...realModels(),
    ...realTfliteModels(),
    SAMPLE_COREML,
    ...coreml.map((name) => join(SHARED_COREML, name)),
  ];
}

function pairs(partners: Partners, swapped = false): string[] {
  return [...partners].map(([a, b]) => (swapped ? `${b.index} ${a.index}` : `${a.index} ${b.index}`)).sort();
}

const isCounted = ({ figures }: SideRow) => figures.macs !== 0 && figures.parameters !== 0;

/** Elements of the weight that is multiplied, and its shape. */
function weightOf({ file }: Side, { place }: SideRow) {
  const weights = (place.graph.parameters.get(place.position) ?? []).map(({ tensor }) => tensor);
  const [tensor] = weights.sort((a, b) => b.storedElements - a.storedElements);
  if (tensor === undefined) throw new Error('no weight');
  return { values: file.readTensor(tensor).values, shape: tensor.shape };
}

describe('layers of two models', () => {
  it('are paired alike in both orders of every two models (../shared/models)', () => {
    const models = allModels();
    for (const [index, before] of models.entries()) {
      for (const after of models.slice(index)) {
        const found = matchLayers(side(before), side(after));
        const swapped = matchLayers(side(after), side(before));
        expect(pairs(swapped, true), `${before} and ${after}`).toEqual(pairs(found));
      }
    }
  }, 300_000);

  const basicPitch = {
    onnx: join(SHARED_ONNX, 'basic_pitch_nmp.onnx'),
    tflite: join(SHARED_TFLITE, 'basic_pitch_nmp.tflite'),
    coreml: join(SHARED_COREML, 'basic_pitch_nmp.mlpackage'),
  };
  const sample = { onnx: SAMPLE, tflite: SAMPLE_TFLITE, coreml: SAMPLE_COREML };
  const formats = [
    ['onnx', 'tflite'],
    ['tflite', 'onnx'],
    ['onnx', 'coreml'],
    ['coreml', 'onnx'],
    ['tflite', 'coreml'],
    ['coreml', 'tflite'],
  ] as const;

  describe.each([
    ['the sample', sample, 53],
    ['basic_pitch (../shared/models)', basicPitch, 32],
  ] as const)('of %s', (_, files, layers) => {
    it.skipIf(!Object.values(files).every(existsSync)).each(formats)('are the same in %s and %s', (a, b) => {
      const [before, after] = [side(files[a]), side(files[b])];
      const partners = matchLayers(before, after);
      const counted = before.rows.filter(isCounted);
      expect(counted).toHaveLength(layers);
      for (const row of counted) {
        const other = partners.get(row);
        if (other === undefined) throw new Error(`${row.figures.name} has no partner`);
        // The same numbers in another order, with the opposite sign where a negation was folded.
        const sizes = (one: Side, of: SideRow) =>
          Float64Array.from(weightOf(one, of).values, Math.abs).sort();
        const [x, y] = [sizes(before, row), sizes(after, other)];
        expect(y).toHaveLength(x.length);
        const sum = (of: (value: number, index: number) => number) =>
          x.reduce((all, value, index) => all + of(value, index), 0);
        const apart = sum((value, index) => (value - (y[index] ?? 0)) ** 2);
        expect(apart, row.figures.name).toBeLessThan(1e-8 * sum((value) => value ** 2));
        // The same filters are used for every octave: that it is the same one is said by what lies before it.
        expect(lastCounted(before, row), row.figures.name).toBe(lastCounted(after, other));
      }
    });
  });

  /** The sizes of what the layers with weights give that lie before one. */
  function lastCounted(of: Side, row: SideRow): string {
    const found = new Set<string>();
    const seen = new Set([row]);
    for (const one of seen) {
      for (const producer of producersOf(of, one)) {
        if (isCounted(producer)) found.add(producer.sizes);
        else seen.add(producer);
      }
    }
    return [...found].sort().join();
  }

  const ultraFace = {
    onnx: join(SHARED_ONNX, 'ultraface_version-RFB-320.onnx'),
    tflite: join(SHARED_TFLITE, 'ultraface_version-RFB-320_without_postprocessing.tflite'),
  };
  it.skipIf(!Object.values(ultraFace).every(existsSync))(
    'are found although normalizations were folded into their weights (../shared/models)',
    () => {
      const [before, after] = [side(ultraFace.onnx), side(ultraFace.tflite)];
      const partners = matchLayers(before, after);
      const counted = before.rows.filter(isCounted);
      expect(counted).toHaveLength(52);
      for (const row of counted) {
        const other = partners.get(row);
        if (other === undefined) throw new Error(`${row.figures.name} has no partner`);
        const [x, y] = [weightOf(before, row), weightOf(after, other)];
        const [channels = 0, inputs = 0, height = 0, width = 0] = x.shape;
        const depthwise = other.figures.op === 'DEPTHWISE_CONV_2D';
        for (let channel = 0; channel < channels; channel++) {
          let [dot, ofX, ofY] = [0, 0, 0];
          for (let index = 0; index < inputs * height * width; index++) {
            const [input, place] = [Math.floor(index / height / width), index % (height * width)];
            const at = depthwise
              ? place * channels + channel
              : (channel * height * width + place) * inputs + input;
            const [p, q] = [x.values[channel * inputs * height * width + index] ?? 0, y.values[at] ?? 0];
            dot += p * q;
            ofX += p * p;
            ofY += q * q;
          }
          expect(Math.abs(dot), `${row.figures.name}, ${channel}`).toBeGreaterThan(
            0.9999 * Math.sqrt(ofX * ofY),
          );
        }
      }
    },
  );

  /** Branches of two products from one input, whose sum is the output; tensors are numbered in the order given. */
  function branches(order: readonly number[], change: (values: Float32Array) => Float32Array): string {
    const nodes: NodeProto[] = [];
    const weights = order.flatMap((branch) =>
      [0, 1].map((layer) => ({ name: `${branch}.${layer}`, branch, layer })),
    );
    let next = 10;
    const ends = order.map((branch) => {
      const [first, act, second] = [String(next++), String(next++), String(next++)];
      nodes.push(makeNode('MatMul', ['x', `${branch}.0`], [first]), makeNode('Tanh', [first], [act]));
      nodes.push(makeNode('MatMul', [act, `${branch}.1`], [second]));
      return second;
    });
    nodes.push(makeNode('Sum', ends, ['y']));
    const initializer = weights.map(({ name, branch, layer }) => {
      const random = seededRandom(10 * branch + layer);
      return makeFloatTensor(
        name,
        [12, 12],
        change(Float32Array.from({ length: 144 }, () => random() - 0.5)),
      );
    });
    return save(
      makeModel({
        name: 'branches',
        node: nodes,
        initializer,
        input: [makeValueInfo('x', 'float32', [1, 12])],
        output: [makeValueInfo('y', 'float32', [1, 12])],
      }),
    );
  }

  it.each([
    ['the same', (values: Float32Array) => values],
    [
      'scaled by channel',
      (values: Float32Array) => values.map((value, index) => value * (((index % 12) - 5.5) / 2)),
    ],
    ['rounded to 7 bits', (values: Float32Array) => values.map((value) => Math.round(value * 126) / 126)],
  ])('are found in branches that were written in another order, with weights that are %s', (_, change) => {
    const [before, after] = [
      side(branches([0, 1, 2, 3, 4], (values) => values)),
      side(branches([3, 0, 4, 2, 1], change)),
    ];
    const partners = matchLayers(before, after);
    const weight = ({ place }: SideRow) => place.entry.node.inputs[1];
    const products = before.rows.filter(({ figures }) => figures.op === 'MatMul');
    expect(products.map((row) => weight(partners.get(row) ?? row))).toEqual(products.map(weight));
    // What has no weights is known by its neighbours.
    for (const row of before.rows.filter(({ figures }) => figures.op === 'Tanh')) {
      const [[from], [to]] = [producersOf(before, row), producersOf(after, partners.get(row) ?? row)];
      expect(from && partners.get(from)).toBe(to);
    }
  });

  it('are found behind hundreds of layers that one of the models has alone', () => {
    const chain = (own: number): string => {
      const names = Array.from({ length: own + 267 }, (_, index) => String(index + 100));
      const op = (index: number) =>
        (index < own ? 'Neg' : ['Tanh', 'Sigmoid', 'Relu'][(index - own) % 3]) ?? '';
      const node = names.map((name, index) => makeNode(op(index), [names[index - 1] ?? 'x'], [name]));
      const value = (name: string) => [makeValueInfo(name, 'float32', [1, 4])];
      return save(makeModel({ name: 'chain', node, input: value('x'), output: value(names.at(-1) ?? '') }));
    };
    const [longer, shorter] = [side(chain(300)), side(chain(0))];
    const expected = Array.from({ length: 267 }, (_, index) => `${index + 300} ${index}`).sort();
    expect(pairs(matchLayers(longer, shorter))).toEqual(expected);
    expect(pairs(matchLayers(shorter, longer), true)).toEqual(expected);
  });
});

describe('a product and the addition behind it', () => {
  const random = seededRandom(1);
  const floats = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
  const initializer = [makeFloatTensor('w', [8, 4], floats(32)), makeFloatTensor('b', [4], floats(4))];
  const model = (node: NodeProto[]) =>
    save(
      makeModel({
        name: 'product',
        node,
        initializer,
        input: [makeValueInfo('x', 'float32', [1, 8])],
        output: [makeValueInfo('y', 'float32', [1, 4])],
      }),
    );
  const apart = model([
    makeNode('MatMul', ['x', 'w'], ['product']),
    makeNode('Add', ['product', 'b'], ['y']),
  ]);
  const together = model([makeNode('Gemm', ['x', 'w', 'b'], ['y'])]);

  it.each([
    ['became one', apart, together],
    ['were one', together, apart],
  ])('are folded where they %s', (_, before, after) => {
    const { layers } = compareFiles({ before, after, choice: { dims: {}, shapes: {} } });
    const op = (one: (typeof layers)[number]['before']) => one?.layer?.op ?? one?.fusedInto;
    expect(layers.map((layer) => [layer.status, op(layer.before), op(layer.after)])).toEqual(
      before === apart
        ? [
            ['changed', 'MatMul', 'Gemm'],
            ['folded', 'Add', 'product'],
          ]
        : [
            ['changed', 'Gemm', 'MatMul'],
            ['folded', 'y', 'Add'],
          ],
    );
  });
});

describe('a node of 100,000 inputs', () => {
  const names = Array.from({ length: 100_000 }, (_, index) => `x${index}`);
  const weights = names.map((name, index) => makeFloatTensor(name, [1], Float32Array.of(index)));
  const inputs = names.map((name) => makeValueInfo(name, 'float32', [1]));
  const model = (
    order: readonly string[],
    graph: { initializer: typeof weights } | { input: typeof inputs },
  ) =>
    save(
      makeModel({
        name: 'sum',
        node: [makeNode('Sum', [...order], ['y'])],
        output: [makeValueInfo('y', 'float32', [1])],
        ...graph,
      }),
    );

  it('is compared input by input', () => {
    const { layers } = compareFiles({
      before: model(names, { input: inputs }),
      after: model([...names.slice(1), 'x0'], { input: inputs }),
      choice: { dims: {}, shapes: {} },
    });
    expect(layers[0]?.changes).toHaveLength(100_000);
  }, 100_000);

  it('is compared weight by weight', () => {
    const { layers } = compareFiles({
      before: model(names, { initializer: weights }),
      after: model(names.toReversed(), { initializer: weights }),
      choice: { dims: {}, shapes: {} },
    });
    expect(layers[0]?.weights).toEqual([]);
  }, 100_000);
});
