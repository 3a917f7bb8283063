import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encode, type LayerInit, type ModelInit } from '../../../test/unit/coreml';
import { scratchFolder } from '../../../test/unit/support';
import { inspect } from '../../analysis/inspect';
import { openModel } from '../index';
import type { CoreMlFile } from './file';

const folder = scratchFolder();
const NOTHING = { dims: {}, shapes: {} };
let written = 0;

function open(model: ModelInit): CoreMlFile {
  const path = join(folder, `${written++}.mlmodel`);
  writeFileSync(path, encode({ specificationVersion: 4, ...model }));
  return openModel(path) as CoreMlFile;
}

const array = (name: string, shape: readonly number[]) => ({
  name,
  type: {
    type: {
      case: 'multiArrayType' as const,
      value: { shape: shape.map(BigInt), dataType: 0x10000 | 32 },
    },
  },
});

/** Layers in a row, from the input x to the output of the last one. */
function network(shape: readonly number[], layers: readonly LayerInit['layer'][], exact = false): CoreMlFile {
  const name = (index: number) => (index < 0 ? 'x' : `t${index}`);
  return open({
    description: { input: [array('x', shape)], output: [{ name: name(layers.length - 1) }] },
    neuralNetwork: {
      arrayInputShapeMapping: exact ? 1 : 0,
      layers: layers.map(
        (layer, index): LayerInit =>
          ({ name: `layer${index}`, input: [name(index - 1)], output: [name(index)], layer }) as LayerInit,
      ),
    },
  });
}

const floats = (count: number) => ({ floatValue: [new Uint8Array(count * 4)] });
const one = 1n;

describe('shapes of a neural network', () => {
  const shapesOf = (file: CoreMlFile) =>
    inspect(file, NOTHING).layers.map(({ outputs }) => outputs[0]?.shape);

  it('follow rank 5, [sequence, batch, channel, height, width], in old models', () => {
    const file = network(
      [3, 11, 14],
      [
        {
          case: 'convolution',
          value: {
            outputChannels: 8n,
            kernelChannels: 3n,
            kernelSize: [3n, 3n],
            stride: [2n, 2n],
            padding: {
              case: 'valid',
              value: {
                paddingAmounts: { borderAmounts: [{ startEdgeSize: one, endEdgeSize: one }, {}] },
              },
            },
            weights: floats(8 * 3 * 9),
          },
        },
        {
          case: 'pooling',
          value: { kernelSize: [2n, 2n], stride: [2n, 2n], padding: { case: 'same', value: {} } },
        },
        {
          case: 'convolution',
          value: {
            isDeconvolution: true,
            outputChannels: 4n,
            kernelChannels: 8n,
            nGroups: 2n,
            kernelSize: [2n, 2n],
            stride: [2n, 2n],
            weights: floats(8 * 2 * 4),
          },
        },
        { case: 'permute', value: { axis: [0n, 2n, 3n, 1n] } },
        { case: 'flatten', value: {} },
        {
          case: 'innerProduct',
          value: { inputChannels: 144n, outputChannels: 10n, weights: floats(1440) },
        },
        { case: 'softmax', value: {} },
      ],
    );
    expect(shapesOf(file)).toEqual([
      [1, 1, 8, 6, 6],
      [1, 1, 8, 3, 3],
      [1, 1, 4, 6, 6],
      [1, 1, 6, 6, 4],
      [1, 1, 144, 1, 1],
      [1, 1, 10, 1, 1],
      [1, 1, 10, 1, 1],
    ]);
    const { layers, totals } = inspect(file, NOTHING);
    expect(layers.map(({ macs }) => macs)).toEqual([8 * 36 * 27, 0, 8 * 9 * 2 * 4, 0, 0, 1440, 0]);
    expect(totals.parameters).toBe(216 + 64 + 1440);
    const [first] = file.parameterTensors(file.model.graph);
    expect(first?.tensor.shape).toEqual([8, 3, 3, 3]);
  });

  it('keep the described rank in newer ones', () => {
    const file = network(
      [2, 6, 8],
      [
        { case: 'transpose', value: { axes: [0n, 2n, 1n] } },
        { case: 'reshapeStatic', value: { targetShape: [4n, -1n] } },
        { case: 'rankPreservingReshape', value: { targetShape: [0n, 24n] } },
        {
          case: 'batchedMatmul',
          value: { weightMatrixFirstDimension: 24n, weightMatrixSecondDimension: 5n, weights: floats(120) },
        },
        { case: 'expandDims', value: { axes: [-1n] } },
        { case: 'reduceMean', value: { axes: [1n], keepDims: false } },
        { case: 'constantPad', value: { padAmounts: [1n, 2n, 0n, 0n] } },
      ],
      true,
    );
    expect(shapesOf(file)).toEqual([
      [2, 8, 6],
      [4, 24],
      [4, 24],
      [4, 5],
      [4, 5, 1],
      [4, 1],
      [7, 1],
    ]);
    expect(inspect(file, NOTHING).totals.macs).toBe(4 * 5 * 24);
  });

  it('of recurrent layers count every gate at every step', () => {
    const lstm = network(
      [7, 1, 6, 1, 1],
      [
        {
          case: 'uniDirectionalLSTM',
          value: { inputVectorSize: 6n, outputVectorSize: 4n, params: { sequenceOutput: true } },
        },
      ],
    );
    expect(inspect(lstm, NOTHING).layers[0]).toMatchObject({ outputs: [{ shape: [7, 1, 4, 1, 1] }] });
    expect(inspect(lstm, NOTHING).totals.macs).toBe(7 * 4 * 4 * (6 + 4));
  });

  it('that a layer states are used where nothing can be inferred', () => {
    const file = open({
      description: { input: [array('x', [4])], output: [{ name: 'y' }] },
      neuralNetwork: {
        layers: [
          {
            name: 'custom',
            input: ['x'],
            output: ['y'],
            outputTensor: [{ rank: 2, dimValue: [3n, -1n] }],
            layer: { case: 'custom', value: { className: 'Mine', weights: [floats(5)] } },
          },
        ],
      },
    });
    const { layers, totals } = inspect(file, NOTHING);
    expect(layers[0]).toMatchObject({ op: 'custom', parameters: 5, outputs: [{ shape: [3, null] }] });
    expect(totals.macs).toBeNull();
  });
});

describe('weights of a neural network', () => {
  const product = (weights: NonNullable<unknown>) =>
    network([8], [{ case: 'innerProduct', value: { inputChannels: 8n, outputChannels: 4n, weights } }]);

  it.each([
    ['float32', floats(32), 128],
    ['float16', { float16Value: new Uint8Array(64) }, 64],
    [
      'uint8',
      {
        rawValue: new Uint8Array(32),
        quantization: {
          numberOfBits: 8n,
          quantizationType: { case: 'linearQuantization', value: { scale: [1, 1, 1, 1], bias: [0] } },
        },
      },
      32,
    ],
    [
      'uint3',
      {
        rawValue: new Uint8Array(12),
        quantization: {
          numberOfBits: 3n,
          quantizationType: { case: 'lookupTableQuantization', value: { floatValue: new Array(8).fill(1) } },
        },
      },
      12 + 32,
    ],
  ])('of %s have the bytes that are stored', (type, weights, bytes) => {
    const file = product(weights);
    const { totals, bytesByType, problems } = inspect(file, NOTHING);
    expect(problems).toEqual([]);
    expect(totals).toMatchObject({ parameters: 32, parameterBytes: bytes });
    expect(bytesByType).toEqual({ [type]: bytes });
  });

  it('below 8 bits are packed from the highest bit on', () => {
    const rawValue = Uint8Array.of(0b000_001_01, 0b0_011_100_1, 0b01_110_111);
    const file = network(
      [4],
      [
        {
          case: 'innerProduct',
          value: {
            inputChannels: 4n,
            outputChannels: 2n,
            weights: { rawValue, quantization: { numberOfBits: 3n } },
          },
        },
      ],
    );
    const [only] = file.parameterTensors(file.model.graph);
    expect(only && [...file.readTensor(only.tensor).values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('that do not fit the shape are a problem, not a wrong figure', () => {
    expect(inspect(product(floats(31)), NOTHING).problems[0]?.message).toContain('124 bytes');
  });

  it('are gathered where each number has a tag of its own', () => {
    // Fields of WeightParams without packing, as protobuf allows: tag 0x0d and four bytes.
    const unpacked = Buffer.concat(
      Array.from({ length: 2000 }, (_, i) => {
        const field = Buffer.alloc(5, 0x0d);
        field.writeFloatLE(i, 1);
        return field;
      }),
    );
    const path = join(folder, 'unpacked.mlmodel');
    const wrap = (number: number, content: Uint8Array) => {
      const length: number[] = [];
      for (let rest = content.length; ; rest >>= 7) {
        length.push(rest > 127 ? (rest & 127) | 128 : rest);
        if (rest <= 127) break;
      }
      const tag = number * 8 + 2;
      return Buffer.concat([
        Buffer.from(tag > 127 ? [(tag & 127) | 128, tag >> 7] : [tag]),
        Buffer.from(length),
        content,
      ]);
    };
    const layer = wrap(
      1,
      Buffer.concat([wrap(1, Buffer.from('b')), wrap(3, Buffer.from('y')), wrap(1070, wrap(2, unpacked))]),
    );
    writeFileSync(path, Buffer.concat([Buffer.from([8, 4]), wrap(2, Buffer.alloc(0)), wrap(500, layer)]));
    const file = openModel(path);
    const [only] = file.parameterTensors(file.model.graph);
    expect(only && file.readTensor(only.tensor).values[1999]).toBe(1999);
    expect(only?.tensor.bytes).toBe(8000);
  });
});

describe('other models', () => {
  it('that are pipelines hold their models as bodies', () => {
    const features = (input: string, output: string) => ({
      input: [array(input, [4])],
      output: [array(output, [4])],
    });
    const file = open({
      description: features('x', 'z'),
      pipelineClassifier: {
        pipeline: {
          names: ['first', 'second'],
          models: [
            {
              specificationVersion: 4,
              description: features('x', 'y'),
              neuralNetwork: {
                layers: [
                  { name: 'relu', input: ['x'], output: ['y'], layer: { case: 'activation', value: {} } },
                  {
                    name: 'dense',
                    input: ['y'],
                    output: ['unused'],
                    layer: {
                      case: 'innerProduct',
                      value: { inputChannels: 4n, outputChannels: 2n, weights: floats(8) },
                    },
                  },
                ],
              },
            },
            { specificationVersion: 4, description: features('y', 'z'), scaler: new Uint8Array(0) },
          ],
        },
      },
    });
    const { layers, totals, problems } = inspect(file, NOTHING);
    expect(problems).toEqual([]);
    expect(layers.map(({ name, op }) => [name, op])).toEqual([
      ['first', 'neuralNetwork'],
      ['second', 'scaler'],
    ]);
    expect(layers[0]?.body?.map(({ name }) => name)).toEqual(['relu', 'dense']);
    expect(totals).toMatchObject({ layers: 2, nodesWithSubgraphs: 4, parameters: 8, macs: 8 });
  });

  it('that are pipelines may give a feature again, under the name that it had', () => {
    // As exporters of detectors write them: boxes and scores go into the suppression and come out of it.
    const model = {
      specificationVersion: 4,
      description: {
        input: [array('x', [3, 4, 4])],
        output: [array('confidence', [6, 8]), array('coordinates', [12, 4])],
      },
      neuralNetwork: {
        arrayInputShapeMapping: 1,
        layers: [
          {
            name: 'a',
            input: ['x'],
            output: ['confidence'],
            layer: { case: 'reshapeStatic' as const, value: { targetShape: [6n, 8n] } },
          },
          {
            name: 'b',
            input: ['x'],
            output: ['coordinates'],
            layer: { case: 'reshapeStatic' as const, value: { targetShape: [12n, 4n] } },
          },
        ],
      },
    };
    const suppression = {
      specificationVersion: 4,
      description: {
        input: [array('confidence', [6, 8]), array('coordinates', [12, 4])],
        output: [array('confidence', [5, 8]), array('coordinates', [5, 4])],
      },
      nonMaximumSuppression: new Uint8Array(2),
    };
    const file = open({
      description: { input: [array('x', [3, 4, 4])], output: suppression.description.output },
      pipeline: { names: ['network', 'suppression'], models: [model, suppression] },
    });
    const { layers, outputs, problems } = inspect(file, NOTHING);
    expect(problems).toEqual([]);
    expect(layers.map((layer) => layer.outputs.map(({ shape }) => shape))).toEqual([
      [
        [6, 8],
        [12, 4],
      ],
      [
        [5, 8],
        [5, 4],
      ],
    ]);
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['confidence', [5, 8]],
      ['coordinates', [5, 4]],
    ]);
    // What the suppression is given is what the network gives.
    expect(file.model.graph.nodes[1]?.inputs).toEqual(file.model.graph.nodes[0]?.outputs);
  });

  it('of a kind that is not known are refused', () => {
    expect(() => open({ description: { input: [array('x', [1])] } })).toThrow(
      'a kind of model that is not known',
    );
  });
});
