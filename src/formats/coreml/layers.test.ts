import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { encode, type LayerInit } from '../../../test/unit/coreml';
import { scratchFolder } from '../../../test/unit/support';
import { inspect } from '../../analysis/inspect';
import { seededRandom } from '../../runtime/random';
import { openModel } from '../index';
import { NeuralNetworkLayerSchema } from './coreml_pb';

const folder = scratchFolder();
let written = 0;

type Shape = readonly (number | null)[];
type Layer = LayerInit['layer'];
/** A shape, or a stored vector. */
type Input = readonly number[] | { readonly held: readonly number[] };

const held = (...values: number[]): Input => ({ held: values });

const array = (name: string, shape: readonly number[]) => ({
  name,
  type: {
    type: {
      case: 'multiArrayType' as const,
      value: { shape: shape.map(BigInt), dataType: 0x10000 | 32 },
    },
  },
});

/** One layer of a network that keeps the ranks of its inputs; what is stored comes from layers before it. */
function single(layer: Layer, inputs: readonly Input[], outputs = 1) {
  const names = inputs.map((_, index) => `x${index}`);
  const constants = inputs.flatMap((input, index): LayerInit[] => {
    if (!('held' in input)) return [];
    const bytes = new Uint8Array(Float32Array.from(input.held).buffer);
    const value = { shape: [BigInt(input.held.length)], data: { floatValue: [bytes] } };
    return [{ name: `c${index}`, output: [names[index] ?? ''], layer: { case: 'loadConstantND', value } }];
  });
  const results = Array.from({ length: outputs }, (_, index) => `y${index}`);
  const path = join(folder, `${written++}.mlmodel`);
  const given = inputs.flatMap((input, index) => ('held' in input ? [] : [array(names[index] ?? '', input)]));
  writeFileSync(
    path,
    encode({
      specificationVersion: 5,
      description: { input: given, output: results.map((name) => ({ name })) },
      neuralNetwork: {
        arrayInputShapeMapping: 1,
        layers: [...constants, { name: 'layer', input: names, output: results, layer } as LayerInit],
      },
    }),
  );
  const file = openModel(path);
  const { layers, problems } = inspect(file, { dims: {}, shapes: {} });
  return {
    attributes: Object.fromEntries(
      file.model.graph.nodes.at(-1)?.attributes.map(({ name, value }) => [name, value]) ?? [],
    ),
    layer: layers.at(-1),
    shapes: layers.at(-1)?.outputs.map(({ shape }) => shape),
    problems,
  };
}

/** Shapes counted by hand from the description of each layer (NeuralNetwork.proto of coremltools). */
const cases: [Layer, readonly Input[], readonly Shape[]][] = [
  [
    {
      case: 'sliceStatic',
      value: {
        beginIds: [1n, 2n, 3n],
        beginMasks: [true, false, true],
        endIds: [3n, -3n, 2n],
        endMasks: [false, true, true],
        strides: [2n, 2n, 2n],
        squeezeMasks: [false, false, false],
      },
    },
    [[5, 5, 5]],
    [[2, 2, 3]],
  ],
  [
    {
      case: 'sliceStatic',
      value: {
        beginIds: [1n, 2n, 3n],
        beginMasks: [true, false, true],
        endIds: [3n, -3n, 2n],
        endMasks: [false, true, true],
        strides: [2n, 2n, 2n],
        squeezeMasks: [false, true, false],
      },
    },
    [[5, 5, 5]],
    [[2, 3]],
  ],
  [
    {
      case: 'sliceStatic',
      value: {
        beginIds: [-1n, 0n],
        beginMasks: [false, false],
        endIds: [0n, 9n],
        endMasks: [true, false],
        strides: [-2n, 1n],
        squeezeMasks: [false, false],
      },
    },
    [[5, 4]],
    [[3, 4]],
  ],
  [{ case: 'sliceDynamic', value: { endIds: [4n, 4n], strides: [1n, 2n] } }, [[6, 7], held(1, 0)], [[3, 2]]],
  [{ case: 'sliceDynamic', value: { endIds: [4n, 4n] } }, [[6, 7], [2]], [[null, null]]],
  [{ case: 'sliceDynamic', value: {} }, [[6, 7], held(1, 2), held(5, 7)], [[4, 5]]],
  [{ case: 'sliceBySize', value: { size: 2n, axis: 1n } }, [[2, 3, 4], [1]], [[2, 2, 4]]],
  [{ case: 'slidingWindows', value: { axis: 1n, windowSize: 3n, step: 2n } }, [[2, 8, 5]], [[2, 3, 3, 5]]],
  [{ case: 'rangeStatic', value: { startValue: 2, endValue: 9, stepSizeValue: 3 } }, [], [[3]]],
  [{ case: 'rangeDynamic', value: { startValue: 1, stepSizeValue: 2 } }, [held(8)], [[4]]],
  [{ case: 'rangeDynamic', value: { startValue: 1, stepSizeValue: 2 } }, [[1]], [[null]]],
  [
    {
      case: 'convolution3d',
      value: {
        ...{
          outputChannels: 4,
          inputChannels: 2,
          nGroups: 2,
          kernelDepth: 3,
          kernelHeight: 2,
          kernelWidth: 3,
        },
        ...{
          strideDepth: 1,
          strideHeight: 2,
          strideWidth: 2,
          dilationDepth: 2,
          dilationHeight: 1,
          dilationWidth: 1,
        },
        ...{ paddingType: 0, customPaddingFront: 1, customPaddingBack: 1, customPaddingLeft: 1 },
      },
    },
    [[1, 2, 6, 8, 9]],
    [[1, 4, 4, 4, 4]],
  ],
  [
    {
      case: 'convolution3d',
      value: {
        ...{ outputChannels: 3, inputChannels: 2, kernelDepth: 3, kernelHeight: 3, kernelWidth: 3 },
        ...{ strideDepth: 2, strideHeight: 2, strideWidth: 1, paddingType: 2 },
      },
    },
    [[1, 2, 5, 8, 9]],
    [[1, 3, 3, 4, 9]],
  ],
  [
    {
      case: 'convolution3d',
      value: {
        ...{ outputChannels: 3, inputChannels: 2, kernelDepth: 2, kernelHeight: 3, kernelWidth: 3 },
        ...{ strideDepth: 2, strideHeight: 2, strideWidth: 1, paddingType: 1, isDeconvolution: true },
      },
    },
    [[1, 2, 5, 8, 9]],
    [[1, 3, 10, 17, 11]],
  ],
  [
    {
      case: 'pooling3d',
      value: { kernelDepth: 2, kernelHeight: 2, kernelWidth: 2, strideDepth: 1, paddingType: 1 },
    },
    [[1, 1, 2, 3, 3]],
    [[1, 1, 1, 2, 2]],
  ],
  [{ case: 'globalPooling3d', value: {} }, [[2, 3, 4, 5, 6]], [[2, 3, 1, 1, 1]]],
  [
    { case: 'NonMaximumSuppression', value: { maxBoxes: 10n } },
    [
      [2, 100, 4],
      [2, 100, 7],
    ],
    [[2, 10, 4], [2, 10, 7], [2, 10], [2]],
  ],
  [{ case: 'oneHot', value: { oneHotVectorSize: 32n, axis: 1n } }, [[10, 23]], [[10, 32, 23]]],
  [{ case: 'oneHot', value: { axis: -1n } }, [[10], held(5)], [[10, 5]]],
  [
    { case: 'gatherND', value: {} },
    [
      [5, 3, 2, 5],
      [2, 7, 3, 2],
    ],
    [[2, 7, 3, 2, 5]],
  ],
  [{ case: 'whereNonZero', value: {} }, [[5, 3, 2]], [[null, 3]]],
  [{ case: 'categoricalDistribution', value: { numSamples: 6n } }, [[5, 3]], [[5, 6]]],
  [{ case: 'randomNormalStatic', value: { outputShape: [2n, 3n] } }, [], [[2, 3]]],
  [{ case: 'randomUniformStatic', value: { outputShape: [2n, 3n] } }, [], [[2, 3]]],
  [{ case: 'randomBernoulliStatic', value: { outputShape: [2n, 3n] } }, [], [[2, 3]]],
  [{ case: 'randomNormalLike', value: {} }, [[4, 5]], [[4, 5]]],
  [{ case: 'randomNormalDynamic', value: {} }, [held(2, 3)], [[2, 3]]],
  [{ case: 'fillDynamic', value: { value: 1 } }, [held(4, 1, 2)], [[4, 1, 2]]],
  [{ case: 'fillDynamic', value: { value: 1 } }, [[3]], [[null, null, null]]],
  [{ case: 'broadcastToDynamic', value: {} }, [[1, 3], held(4, 3)], [[4, 3]]],
  [{ case: 'reshapeDynamic', value: {} }, [[4, 6], held(3, -1)], [[3, 8]]],
  [{ case: 'reshapeDynamic', value: {} }, [[4, 6], [3]], [[null, null, null]]],
  [{ case: 'tile', value: { reps: [2n, 3n] } }, [[4, 6]], [[8, 18]]],
  [{ case: 'tile', value: {} }, [[4, 6], held(1, 2)], [[4, 12]]],
  [
    { case: 'topK', value: { axis: -1n, K: 3n } },
    [[4, 6]],
    [
      [4, 3],
      [4, 3],
    ],
  ],
  [
    { case: 'topK', value: { axis: -1n } },
    [[4, 6], held(2)],
    [
      [4, 2],
      [4, 2],
    ],
  ],
  [{ case: 'constantPad', value: { padAmounts: [0n, 1n, 4n, 0n] } }, [[20, 10]], [[21, 14]]],
  [{ case: 'constantPad', value: {} }, [[20, 10], held(0, 1, 4, 0)], [[21, 14]]],
  [
    { case: 'constantPad', value: { padAmounts: [0n, 21n, 14n, 0n], padToGivenOutputSizeMode: true } },
    [[20, 10]],
    [[21, 14]],
  ],
  [
    { case: 'concatND', value: { axis: 0n, interleave: true } },
    [
      [3, 2],
      [3, 2],
    ],
    [[6, 2]],
  ],
  [{ case: 'argSort', value: { axis: 1n } }, [[3, 2]], [[3, 2]]],
  [{ case: 'reverseSeq', value: { sequenceAxis: 1n } }, [[2, 4], [2]], [[2, 4]]],
  [{ case: 'scatter', value: { axis: 1n } }, [[4, 3], [5], [4, 5]], [[4, 3]]],
  [{ case: 'matrixBandPart', value: { numLower: 1n } }, [[4, 3]], [[4, 3]]],
  [{ case: 'cumSum', value: { axis: 1n } }, [[4, 3]], [[4, 3]]],
];

describe('shapes of single layers', () => {
  it.each(cases.map((one, n) => [`${n} ${one[0]?.case}`, one] as const))(
    '%s',
    (_, [layer, inputs, shapes]) => {
      const found = single(layer, inputs, shapes.length);
      expect(found.shapes).toEqual(shapes);
      expect(found.layer?.macs).not.toBeNull();
      expect(found.problems).toEqual([]);
    },
  );

  it('are known of every layer of the specification but one that somebody else wrote', () => {
    const oneOf = NeuralNetworkLayerSchema.oneofs[0]?.fields.map(({ localName }) => localName) ?? [];
    // Networks inside, and what ends them, give nothing themselves; layers of rank 5 are tried elsewhere.
    const others = ['custom', 'branch', 'loop', 'loopBreak', 'loopContinue'];
    const rank5 = [
      ...['cropResize', 'permute', 'simpleRecurrent', 'gru', 'uniDirectionalLSTM', 'biDirectionalLSTM'],
      ...['pooling3d', 'globalPooling3d', 'convolution3d'],
    ];
    const unknown = oneOf
      .filter((name) => !others.includes(name))
      .filter((name) => {
        // A shape that is given as an input is a vector.
        const shape = rank5.includes(name) ? [2, 1, 4, 4, 4] : name.endsWith('Dynamic') ? [3] : [4, 4, 4];
        const second = name === 'cropResize' ? [3, 1, 4, 1, 1] : shape;
        const axis = name === 'reduce' || name === 'slice' ? 0 : 0n;
        const value = { axis, axes: [0n], scalingFactor: [1n, 1n], nOutputs: 1n, blockSize: 2n };
        const { shapes } = single({ case: name, value } as unknown as Layer, [shape, second]);
        return shapes?.[0] === null;
      });
    expect(unknown).toEqual([]);
  });
});

describe('MACs', () => {
  it('of a convolution over volumes count its groups', () => {
    const value = {
      outputChannels: 4,
      inputChannels: 2,
      nGroups: 2,
      kernelDepth: 1,
      kernelHeight: 2,
      kernelWidth: 3,
    };
    const { layer } = single({ case: 'convolution3d', value: { ...value, paddingType: 1 } }, [
      [1, 2, 4, 5, 6],
    ]);
    expect(layer?.outputs[0]?.shape).toEqual([1, 4, 4, 4, 4]);
    expect(layer?.macs).toBe(4 * 4 * 4 * 4 * (2 / 2) * 1 * 2 * 3);
  });

  it('of an LSTM whose gates are coupled leave one out', () => {
    const lstm = (coupledInputAndForgetGate: boolean) =>
      single(
        {
          case: 'uniDirectionalLSTM',
          value: { inputVectorSize: 6n, outputVectorSize: 4n, params: { coupledInputAndForgetGate } },
        },
        [[7, 1, 6, 1, 1]],
        3,
      );
    expect(lstm(false).layer?.macs).toBe(7 * 4 * 4 * (6 + 4));
    expect(lstm(true).layer?.macs).toBe(7 * 3 * 4 * (6 + 4));
    expect(lstm(false).shapes).toEqual([
      [1, 1, 4, 1, 1],
      [1, 1, 4, 1, 1],
      [1, 1, 4, 1, 1],
    ]);
  });
});

describe('settings', () => {
  it('say by name which function a layer is', () => {
    const unary = single({ case: 'unary', value: { type: 3, alpha: 2.5, scale: 1 } }, [[3]]);
    expect(unary.attributes).toMatchObject({ type: 'POWER', alpha: 2.5, scale: 1 });
    const relu = single(
      { case: 'activation', value: { nonlinearity: { case: 'leakyReLU', value: { alpha: 0.5 } } } },
      [[3]],
    );
    expect(relu.attributes).toEqual({ nonlinearity: 'leakyReLU', alpha: 0.5 });
    const unknown = single({ case: 'unary', value: { type: 99 as never } }, [[3]]);
    expect(unknown.attributes['type']).toBe(99);
  });

  it('of messages inside are said too', () => {
    const edges = { borderAmounts: [{ startEdgeSize: 1n, endEdgeSize: 2n }, { startEdgeSize: 3n }] };
    const pooling = single(
      { case: 'pooling', value: { type: 1, padding: { case: 'valid', value: { paddingAmounts: edges } } } },
      [[3, 9, 9]],
    );
    expect(pooling.attributes).toMatchObject({
      type: 'AVERAGE',
      padding: 'valid',
      paddingAmounts: [1, 2, 3, 0],
    });
    const gru = single(
      {
        case: 'gru',
        value: {
          inputVectorSize: 6n,
          outputVectorSize: 4n,
          activations: ['sigmoid', 'tanh'].map((kind) => ({
            nonlinearity: { case: kind as 'tanh', value: {} },
          })),
        },
      },
      [[7, 1, 6, 1, 1]],
    );
    expect(gru.attributes).toMatchObject({ activations: ['sigmoid', 'tanh'], sequenceOutput: 'false' });
    const custom = single(
      {
        case: 'custom',
        value: {
          className: 'Mine',
          parameters: [
            { key: 'rate', value: { value: { case: 'doubleValue', value: 0.5 } } },
            { key: 'on', value: { value: { case: 'boolValue', value: true } } },
          ],
        },
      },
      [[3]],
    );
    expect(custom.attributes).toMatchObject({ className: 'Mine', rate: 0.5, on: 'true' });
    expect([custom.shapes, custom.layer?.macs]).toEqual([[null], null]);
  });
});

describe('shapes that a network computes', () => {
  it('of the shapes of its inputs are followed', () => {
    const path = join(folder, 'computed.mlmodel');
    const layer = (name: string, input: string[], kind: Layer): LayerInit =>
      ({ name, input, output: [name], layer: kind }) as LayerInit;
    const slice = (begin: bigint, end: bigint): Layer => ({
      case: 'sliceStatic',
      value: {
        beginIds: [begin],
        beginMasks: [false],
        endIds: [end],
        endMasks: [false],
        strides: [1n],
        squeezeMasks: [false],
      },
    });
    const layers = [
      layer('s', ['x'], { case: 'getShape', value: {} }),
      layer('batch', ['s'], slice(0n, 1n)),
      layer('sides', ['s'], slice(1n, 4n)),
      layer('all', ['sides'], { case: 'reduceProd', value: { axes: [0n], keepDims: true } }),
      layer('target', ['batch', 'all'], { case: 'concatND', value: { axis: 0n } }),
      layer('y', ['x', 'target'], { case: 'reshapeDynamic', value: {} }),
      layer('z', ['y', 'target'], { case: 'fillLike', value: { value: 1 } }),
    ];
    writeFileSync(
      path,
      encode({
        specificationVersion: 5,
        description: { input: [array('x', [2, 3, 4, 5])], output: [{ name: 'z' }] },
        neuralNetwork: { arrayInputShapeMapping: 1, layers },
      }),
    );
    const report = inspect(openModel(path), { dims: {}, shapes: {} });
    expect(report.layers.map(({ outputs }) => outputs[0]?.shape)).toEqual([
      [4],
      [1],
      [3],
      [1],
      [2],
      [2, 60],
      [2, 60],
    ]);
  });
});

describe('a loop', () => {
  const counted = (more: LayerInit[], loop: object = {}) => {
    const path = join(folder, `${written++}.mlmodel`);
    const value = { inputChannels: 4n, outputChannels: 4n, weights: { floatValue: [new Uint8Array(64)] } };
    const bodyNetwork = {
      layers: [
        { name: 'dense', input: ['x'], output: ['d'], layer: { case: 'innerProduct' as const, value } },
        ...more,
      ],
    };
    const kind = { case: 'loop' as const, value: { maxLoopIterations: 5n, bodyNetwork, ...loop } };
    writeFileSync(
      path,
      encode({
        specificationVersion: 5,
        description: { input: [array('x', [4])], output: [{ name: 'd' }] },
        neuralNetwork: { arrayInputShapeMapping: 1, layers: [{ name: 'loop', layer: kind }] },
      }),
    );
    return inspect(openModel(path), { dims: {}, shapes: {} }).totals;
  };

  it('without a condition runs as often as it says', () => {
    expect(counted([]).macs).toBe(5 * 16);
  });

  it('that can end earlier runs as often as nobody knows', () => {
    expect(counted([{ name: 'stop', layer: { case: 'loopBreak', value: {} } }]).macs).toBeNull();
    const condition = { conditionVar: 'd', conditionNetwork: { layers: [] } };
    expect(counted([], condition).macs).toBeNull();
  });
});

describe('damaged settings', () => {
  /** Any value for each plain field of a message. */
  function anything(message: DescMessage, random: () => number): Record<string, unknown> {
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const number = () => pick([0, 1, -1, 2, 3, -7, 40, 5000, 2 ** 31 - 1, -(2 ** 31)]);
    const scalar = (type: ScalarType): unknown => {
      if (type === ScalarType.BOOL) return random() < 0.5;
      if (type === ScalarType.INT64) return pick([BigInt(number()), 2n ** 62n]);
      if (type === ScalarType.UINT64) return pick([BigInt(Math.abs(number())), 2n ** 63n]);
      if (type === ScalarType.FLOAT) return pick([number(), 0.5, Number.NaN, Number.POSITIVE_INFINITY]);
      return type === ScalarType.INT32 ? number() : undefined;
    };
    const values: Record<string, unknown> = {};
    for (const field of message.fields) {
      if (field.fieldKind === 'scalar') values[field.localName] = scalar(field.scalar);
      if (field.fieldKind === 'enum') values[field.localName] = Math.floor(random() * 12);
      if (field.fieldKind === 'list' && field.listKind === 'scalar') {
        values[field.localName] = Array.from({ length: Math.floor(random() * 6) }, () =>
          scalar(field.scalar),
        );
      }
    }
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  }

  it('give shapes or none, and nothing breaks', () => {
    const layers = NeuralNetworkLayerSchema.oneofs[0]?.fields ?? [];
    for (let seed = 1; seed <= 3; seed++) {
      const random = seededRandom(seed);
      for (const { localName, message } of layers) {
        if (!message || ['branch', 'loop', 'custom'].includes(localName)) continue;
        const layer = { case: localName, value: anything(message, random) } as unknown as Layer;
        const shape = () => Array.from({ length: Math.floor(random() * 6) }, () => Math.floor(random() * 9));
        const vector = { held: [3, -1, 0, 2 ** 20, Number.NaN].slice(Math.floor(random() * 5)) };
        const { shapes } = single(layer, [shape(), random() < 0.5 ? shape() : vector, shape()], 2);
        for (const size of shapes?.flat() ?? []) {
          const fine = size === null || (Number.isSafeInteger(size) && size >= 0);
          expect([seed, localName, size, fine]).toEqual([seed, localName, size, true]);
        }
      }
    }
  });
});
