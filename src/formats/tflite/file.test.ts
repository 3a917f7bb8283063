import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { realTfliteModels, SAMPLE_TFLITE, SHARED_TFLITE, scratchFolder } from '../../../test/unit/support';
import { type MadeGraph, makeTflite, reopenTflite } from '../../../test/unit/tflite';
import { inspect } from '../../analysis/inspect';
import { openModel } from '../index';
import { zipEntries } from '../zip';
import { writeTables } from './encode';
import { tflite } from './format';
import { AXIS_LABELS, labelsOf } from './metadata';
import { withOutputs } from './outputs';
import { withSizes } from './sizes';
import { slices } from './slices';
import type { ModelTable } from './tables';

const folder = scratchFolder();
const outside = scratchFolder();
const ALL = { dims: {}, shapes: {} };
const FLOAT16 = 1;
const INT32 = 2;
const INT8 = 9;
const INT4 = 17;

/** x [1, 4] · weights [3, 4] with whatever weights and bias are like. */
function dense(weights: MadeGraph['tensors'][string], more: Partial<MadeGraph> = {}): MadeGraph {
  return {
    tensors: { x: { shape: [1, 4] }, w: weights, y: { shape: [1, 3] }, ...more.tensors },
    inputs: ['x'],
    outputs: ['y'],
    operators: more.operators ?? [
      {
        op: 'FULLY_CONNECTED',
        inputs: ['x', 'w', ...('b' in (more.tensors ?? {}) ? ['b'] : [])],
        outputs: ['y'],
      },
    ],
  };
}

const floats = { shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, index) => index - 6) };

describe('weights', () => {
  it('are where the file has them, and read when somebody looks', () => {
    const file = reopenTflite(makeTflite(dense(floats)), folder);
    const tensor = file.model.graph.constants.get('w');
    if (!tensor?.location) throw new Error('there is no tensor');
    expect(tensor).toMatchObject({ type: 'float32', shape: [3, 4], bytes: 48, storedElements: 12 });
    const { offset, length } = tensor.location;
    expect(offset % 16).toBe(0);
    const bytes = readFileSync(file.path).subarray(offset, offset + length);
    expect(new Float32Array(new Uint8Array(bytes).buffer)).toEqual(floats.data);
    expect(file.readTensor(tensor, 5)).toEqual({ values: floats.data.slice(0, 5), complete: false });
  });

  it('of 4 bits are packed, the first in the low bits', () => {
    const quantization = { scale: [0.5, 0.25, 1], zeroPoint: [0, 0, 0] };
    const packed = {
      shape: [3, 4],
      type: INT4,
      data: Uint8Array.of(0x21, 0xf3, 0x78, 0, 0, 0),
      quantization,
    };
    const file = reopenTflite(makeTflite(dense(packed)), folder);
    const tensor = file.model.graph.constants.get('w');
    expect(tensor).toMatchObject({
      type: 'int4',
      bytes: 6,
      quantization: { scales: [0.5, 0.25, 1], axis: 0 },
    });
    expect(tensor && [...file.readTensor(tensor, 6).values]).toEqual([1, 2, 3, -1, -8, 7]);
    expect(inspect(file, ALL).totals).toMatchObject({ parameters: 12, parameterBytes: 6 });
  });

  it('count with biases and without settings, scales in a tensor and what only one buffer holds twice', () => {
    const int8 = new Int8Array(12);
    const tables = makeTflite(
      dense(
        {
          shape: [3, 4],
          type: INT8,
          data: int8,
          quantization: {
            details: { table: 'BlockwiseQuantization', value: { scales: 4, zeroPoints: -1, blockSize: 2 } },
          },
        },
        {
          tensors: {
            b: { shape: [3], type: INT32, data: Int32Array.of(1, 2, 3) },
            scales: { shape: [3, 2], type: FLOAT16, data: new Uint8Array(12) },
            twin: { shape: [3, 4], type: INT8, quantization: { scale: [1] } },
            axis: { shape: [1], type: INT32, data: Int32Array.of(1) },
            sum: { shape: [1] },
            z: { shape: [1, 3] },
          },
          operators: [
            { op: 'FULLY_CONNECTED', inputs: ['x', 'w', 'b'], outputs: ['y'] },
            { op: 'FULLY_CONNECTED', inputs: ['x', 'twin'], outputs: ['z'] },
            { op: 'SUM', inputs: ['z', 'axis'], outputs: ['sum'] },
          ],
        },
      ),
    );
    const [graph] = tables.subgraphs ?? [];
    const tensors = graph?.tensors?.map((tensor) =>
      tensor.name === 'twin' ? { ...tensor, buffer: graph.tensors?.[1]?.buffer ?? 0 } : tensor,
    );
    const file = reopenTflite({ ...tables, subgraphs: [{ ...graph, ...(tensors && { tensors }) }] }, folder);
    const report = inspect(file, ALL);
    expect(report.totals).toMatchObject({ parameters: 15, parameterBytes: 12 + 12 });
    expect(report.layers.map(({ parameters, shared }) => [parameters, shared])).toEqual([
      [15, true],
      [12, true],
      [0, false],
    ]);
    expect(report.tensors?.[1]?.quantization).toEqual({
      scales: null,
      scale: null,
      zeroPoint: null,
      axis: null,
      blockSize: 2,
    });
  });

  it('of half precision belong to the layer behind their decoding', () => {
    const file = reopenTflite(
      makeTflite(
        dense(
          { shape: [3, 4], type: FLOAT16, data: new Uint8Array(24) },
          {
            tensors: { decoded: { shape: [3, 4] } },
            operators: [
              { op: 'DEQUANTIZE', inputs: ['w'], outputs: ['decoded'] },
              { op: 'FULLY_CONNECTED', inputs: ['x', 'decoded'], outputs: ['y'] },
            ],
          },
        ),
      ),
      folder,
    );
    const [decode, product] = inspect(file, ALL).layers;
    expect(decode).toMatchObject({ parameters: 0, activationBytes: 0 });
    expect(product).toMatchObject({ parameters: 12, parameterBytes: 24 });
  });

  it('that are sparse are as large as what is stored', () => {
    const tables = makeTflite(dense({ shape: [3, 4], data: Float32Array.of(1, 2) }));
    const [graph] = tables.subgraphs ?? [];
    const vector = (...values: number[]) => ({ table: 'Uint8Vector', value: { values } });
    const sparsity = {
      traversalOrder: [0, 1],
      dimMetadata: [
        { format: 0, denseSize: 3 },
        { format: 1, arraySegments: vector(0, 1, 1, 2), arrayIndices: vector(3, 0) },
      ],
    };
    const tensors = graph?.tensors?.map((tensor) => (tensor.name === 'w' ? { ...tensor, sparsity } : tensor));
    const file = reopenTflite({ ...tables, subgraphs: [{ ...graph, ...(tensors && { tensors }) }] }, folder);
    expect(file.model.graph.constants.get('w')).toMatchObject({
      sparse: true,
      storedElements: 2,
      bytes: 8 + 6,
    });
  });

  it('behind the tables of a model above 2 GB are found', () => {
    const tables = makeTflite(dense({ ...floats, data: new Float32Array(0) }));
    const path = join(folder, 'behind.tflite');
    // The file's size does not depend on the number that is stored.
    const at = (offset: number): ModelTable => ({ ...tables, buffers: [{}, { offset, size: 48 } as object] });
    const probe = join(folder, 'probe.tflite');
    writeTables(at(1000), probe);
    const end = readFileSync(probe).length;
    writeTables(at(end), path);
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from(floats.data.buffer)]));
    const file = tflite.open(path);
    const tensor = file.model.graph.constants.get('w');
    expect(tensor?.location).toMatchObject({ offset: end, length: 48 });
    expect(tensor && file.readTensor(tensor).values).toEqual(floats.data);
    const copy = join(folder, 'gathered.tflite');
    writeTables(file.model.root, copy);
    const gathered = tflite.open(copy);
    const again = gathered.model.graph.constants.get('w');
    expect(again && gathered.readTensor(again).values).toEqual(floats.data);
  });

  it('in a file beside the model are read there, and nowhere else', () => {
    const tables = makeTflite(dense({ shape: [3, 4] }));
    const [graph] = tables.subgraphs ?? [];
    const tensors = graph?.tensors?.map((one) => (one.name === 'w' ? { ...one, externalBuffer: 7 } : one));
    const named = (name: string): ModelTable => ({
      ...tables,
      subgraphs: [{ ...graph, ...(tensors && { tensors }) }],
      externalBufferGroups: [{ name }],
      externalBuffers: [{ id: 7, group: 0, offset: 16, length: 48 }],
    });
    writeFileSync(join(folder, 'w.bin'), Buffer.concat([Buffer.alloc(16), Buffer.from(floats.data.buffer)]));
    const file = reopenTflite(named('w.bin'), folder);
    const tensor = file.model.graph.constants.get('w');
    expect(tensor && file.readTensor(tensor).values).toEqual(floats.data);
    expect(inspect(file, ALL)).toMatchObject({ externalBytes: 64, problems: [] });
    const problem = (name: string) => reopenTflite(named(name), folder).model.problems[0]?.message;
    writeFileSync(join(outside, 'w.bin'), Buffer.alloc(64));
    symlinkSync(join(outside, 'w.bin'), join(folder, 'link.bin'));
    expect(problem('../w.bin')).toMatch(/outside the model's folder/);
    expect(problem('link.bin')).toMatch(/outside the model's folder/);
    expect(problem('gone.bin')).toMatch(/gone\.bin is missing/);
  });

  it('that are cut off are missed, and the rest is shown', () => {
    const whole = reopenTflite(makeTflite(dense(floats)), folder);
    const path = join(folder, 'cut.tflite');
    writeFileSync(path, readFileSync(whole.path).subarray(0, -20));
    const report = inspect(openModel(path), ALL);
    expect(report.problems[0]?.message).toMatch(/damaged: data, .* lies outside the \d+ bytes/);
    expect(report.layers[0]).toMatchObject({ op: 'FULLY_CONNECTED', activationBytes: 12 });
  });
});

describe('tensors', () => {
  it('of one name, or none, are told apart', () => {
    const tables = makeTflite(dense(floats));
    const [graph] = tables.subgraphs ?? [];
    const names = ['x', 'x', ''];
    const tensors = graph?.tensors?.map((tensor, index) => ({ ...tensor, name: names[index] ?? '' }));
    const file = reopenTflite({ ...tables, subgraphs: [{ ...graph, ...(tensors && { tensors }) }] }, folder);
    expect(file.model.graph.tensorNames).toEqual(['x', 'x#1', 'tensor_2']);
    expect(file.model.problems).toEqual([]);
  });

  it('that remember need no giver', () => {
    const file = reopenTflite(
      makeTflite(
        dense(floats, {
          tensors: { state: { shape: [1, 3], variable: true }, z: { shape: [1, 3] } },
          operators: [
            { op: 'FULLY_CONNECTED', inputs: ['x', 'w'], outputs: ['z'] },
            { op: 'ADD', inputs: ['z', 'state'], outputs: ['y'] },
          ],
        }),
      ),
      folder,
    );
    expect(file.model.problems).toEqual([]);
    expect(inspect(file, ALL).outputs[0]?.shape).toEqual([1, 3]);
  });
});

describe('options', () => {
  it('have their names, and defaults where they are not stored', () => {
    const file = reopenTflite(
      makeTflite({
        tensors: {
          x: { shape: [1, 4, 4, 1] },
          w: { shape: [1, 1, 1, 1], data: new Float32Array(1) },
          y: { shape: [1, 4, 4, 1] },
        },
        inputs: ['x'],
        outputs: ['y'],
        operators: [
          {
            op: 'CONV_2D',
            inputs: ['x', 'w'],
            outputs: ['y'],
            options: { table: 'Conv2DOptions', strideW: 1, strideH: 2, fusedActivationFunction: 3 },
          },
        ],
      }),
      folder,
    );
    expect(file.model.graph.nodes[0]?.attributes).toEqual([
      { name: 'padding', value: 'SAME' },
      { name: 'stride_w', value: 1 },
      { name: 'stride_h', value: 2 },
      { name: 'fused_activation_function', value: 'RELU6' },
      { name: 'dilation_w_factor', value: 1 },
      { name: 'dilation_h_factor', value: 1 },
    ]);
  });

  it('of custom operators are read from FlexBuffers', () => {
    // {"max": 10, "s": 0.5}: keys, their offsets, then the map with its values and their types.
    const map = Buffer.alloc(45);
    map.write('max\0s\0', 0, 'latin1');
    [2, 12, 12, 8, 4, 2, 10].forEach((value, index) => {
      map.writeUInt32LE(value, 8 + 4 * index);
    });
    map.writeFloatLE(0.5, 36);
    map.set([(1 << 2) | 2, (3 << 2) | 2, 10, (9 << 2) | 2, 1], 40);
    const attributes = (bytes: Uint8Array) => {
      const tables = makeTflite(
        dense(floats, { operators: [{ op: 'Boxes', inputs: ['x'], outputs: ['y'] }] }),
      );
      const [graph] = tables.subgraphs ?? [];
      const operators = graph?.operators?.map((one) => ({ ...one, customOptions: bytes }));
      const made = { ...tables, subgraphs: [{ ...graph, ...(operators && { operators }) }] };
      return reopenTflite(made, folder).model.graph.nodes[0]?.attributes;
    };
    expect(attributes(map)).toEqual([
      { name: 'max', value: 10 },
      { name: 's', value: 0.5 },
    ]);
    expect(attributes(Uint8Array.of(1, 2, 3))).toEqual([{ name: 'custom_options', value: '3 bytes' }]);
  });
});

describe('labels', () => {
  it('are read from the archive behind the model, which alone is unpacked', () => {
    const model = reopenTflite(makeTflite(dense(floats)), folder);
    const path = join(folder, 'labels.tflite');
    const text = 'cat\r\ndog\r\n';
    const archive = zipSync({ 'labels.txt': new TextEncoder().encode(text), 'other.bin': new Uint8Array(9) });
    writeFileSync(path, Buffer.concat([readFileSync(model.path), archive]));
    expect(zipEntries(path).map(({ name, bytes }) => [name, bytes])).toEqual([
      ['labels.txt', 10],
      ['other.bin', 9],
    ]);
    const tensor = { associatedFiles: [{ name: 'labels.txt', type: AXIS_LABELS }] };
    expect(labelsOf(path, tensor, AXIS_LABELS)).toEqual(['cat', 'dog']);
    expect(labelsOf(model.path, tensor, AXIS_LABELS)).toBeNull();
    expect(tflite.open(path).model.problems).toEqual([]);
  });

  const real = join(SHARED_TFLITE, 'mobilenet_v1_0.25_224_float_metadata.tflite');
  it.skipIf(!realTfliteModels().includes(real))(
    'of a real model (../shared/models) are as many as its classes',
    () => {
      const file = tflite.open(real);
      const [output] = file.metadata?.subgraphMetadata?.[0]?.outputTensorMetadata ?? [];
      const labels = output && labelsOf(real, output, AXIS_LABELS);
      expect(labels).toHaveLength(1001);
      expect(labels?.[1]).toBe('tench');
      expect(file.model.metadata).toContainEqual({
        name: 'Input image',
        value: expect.stringContaining('image, RGB; mean 127.5, standard deviation 127.5'),
      });
    },
  );
});

describe('writing', () => {
  it('takes the tables that were read when the file was opened', () => {
    const data = Float32Array.from({ length: 12 }, (_, i) => i);
    const path = join(folder, 'opened.tflite');
    writeTables(makeTflite(dense({ shape: [3, 4], data })), path);
    const file = tflite.open(path);
    // Nothing can be read from here on but weights.
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0, 0, 4));
    expect(() => tflite.open(path)).toThrow();
    const copies: [string, (target: string) => void][] = [
      ['outputs', (target) => withOutputs(file, ['y'], target)],
      ['sizes', (target) => withSizes(file, file.infer(ALL).graph, target)],
      ['slice', (target) => slices(file)[0]?.write(target, new Map([['x', [1, 4]]]))],
    ];
    for (const [name, write] of copies) {
      const target = join(folder, `opened_${name}.tflite`);
      write(target);
      const copy = tflite.open(target);
      const tensor = copy.model.graph.constants.get('w');
      expect([name, tensor && copy.readTensor(tensor).values]).toEqual([name, data]);
    }
  });

  it('gives the same bytes, and never over anything', () => {
    const file = reopenTflite(makeTflite(dense(floats)), folder);
    const copy = join(folder, 'copy.tflite');
    file.write(copy);
    expect(readFileSync(copy).equals(readFileSync(file.path))).toBe(true);
    expect(() => file.write(copy)).toThrow(/a file of this name exists already/);
  });
});

describe('a file that was not fetched whole', () => {
  it.each([300, 30_000, 1_600_000])('says that it is truncated, and what to do: %i bytes', (length) => {
    const path = join(folder, `truncated-${length}.tflite`);
    writeFileSync(path, readFileSync(SAMPLE_TFLITE).subarray(0, length));
    expect(() => tflite.open(path)).toThrow(
      `${path} is truncated: its graph lies behind the ${length} bytes that there are. Fetch the file again.`,
    );
  });
});

describe('a file that is no model', () => {
  it.each([
    [
      'only its identifier',
      Buffer.from('\x1c\0\0\0TFL3', 'latin1'),
      /damaged: the root table, which byte 0 refers to/,
    ],
    [
      'a root without graphs',
      Buffer.concat([Buffer.from('\x0c\0\0\0TFL3\x04\0\x04\0\x04\0\0\0', 'latin1')]),
      /without a graph/,
    ],
  ])('with %s says so', (name, bytes, message) => {
    const path = join(folder, `${name}.tflite`);
    writeFileSync(path, bytes);
    expect(() => openModel(path)).toThrow(message);
  });
});
