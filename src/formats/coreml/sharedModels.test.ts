import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../../../test/unit/support';
import { inspect } from '../../analysis/inspect';
import { openModel } from '../index';

// Real models of others, beside the repository at ../shared/models/coreml; the tests pass where they are absent.
const SHARED = resolve('../shared/models/coreml');
const models = existsSync(SHARED) ? readdirSync(SHARED).map((name) => join(SHARED, name)) : [];
const packages = models.filter((path) => path.endsWith('.mlpackage'));
const NOTHING = { dims: {}, shapes: {} };
const folder = scratchFolder();

const specificationOf = (path: string) =>
  statSync(path).isDirectory() ? join(path, 'Data/com.apple.CoreML/model.mlmodel') : path;

/** The fields of a protobuf message, read by hand so that nothing of the product is used to count. */
function fields(bytes: Buffer): { number: number; value: Buffer }[] {
  const found: { number: number; value: Buffer }[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const start = at;
    const wire = tag % 8;
    if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else {
      const length = varint();
      at += length;
      found.push({ number: Math.floor(tag / 8), value: bytes.subarray(at - length, at) });
      continue;
    }
    found.push({ number: Math.floor(tag / 8), value: bytes.subarray(start, at) });
  }
  return found;
}

/** All messages that a path of field numbers leads to. */
const inside = (bytes: Buffer, ...path: number[]): Buffer[] =>
  path.reduce<Buffer[]>(
    (messages, number) =>
      messages.flatMap((message) =>
        fields(message)
          .filter((field) => field.number === number)
          .map(({ value }) => value),
      ),
    [bytes],
  );

/** Types of the operations of a block and of the blocks inside them: Block.operations = 3, Operation.blocks = 4. */
function operationTypes(block: Buffer): { direct: string[]; all: string[] } {
  const direct: string[] = [];
  const all: string[] = [];
  for (const operation of inside(block, 3)) {
    const type = inside(operation, 1)[0]?.toString() ?? '';
    direct.push(type);
    all.push(type);
    for (const body of inside(operation, 4)) all.push(...operationTypes(body).all);
  }
  return { direct, all };
}

/** Bytes of all blobs of a weight file, found by walking over it. */
function blobs(path: string): { type: number; bytes: number }[] {
  const file = readFileSync(path);
  const found: { type: number; bytes: number }[] = [];
  for (let at = 64; at + 64 <= file.length; ) {
    if (file.readUInt32LE(at) !== 0xdeadbeef) throw new Error(`no blob at ${at}`);
    const bytes = Number(file.readBigUInt64LE(at + 8));
    found.push({ type: file.readUInt32LE(at + 4), bytes });
    at = Math.ceil((Number(file.readBigUInt64LE(at + 16)) + bytes) / 64) * 64;
  }
  if (found.length !== file.readUInt32LE(0)) throw new Error('another number of blobs than stated');
  return found;
}

describe.skipIf(packages.length === 0)('a real ML Program', () => {
  it.each(packages)('%s has the operations and weights that its files hold', (path) => {
    const raw = readFileSync(specificationOf(path));
    // Model.mlProgram, Program.functions, value, Function.block_specializations, value.
    const [block] = inside(raw, 502, 2, 2, 3, 2);
    if (!block) throw new Error('no block');
    const { direct, all } = operationTypes(block);
    const file = openModel(path);
    const report = inspect(file, NOTHING);
    const layers = (types: string[]) => types.filter((type) => type !== 'const').sort();
    expect(report.layers.map(({ op }) => op).sort()).toEqual(layers(direct));
    expect(report.totals.layers).toBe(layers(direct).length);
    expect(report.totals.nodesWithSubgraphs).toBe(layers(all).length);

    const stored = blobs(join(path, 'Data/com.apple.CoreML/weights/weight.bin'));
    const constants = new Map(
      file.parameterTensors(file.model.graph).map(({ tensor }) => [tensor.name, tensor]),
    );
    for (const node of file.model.graph.nodes) {
      for (const { graph } of node.bodies) {
        for (const { tensor } of file.parameterTensors(graph)) constants.set(tensor.name, tensor);
      }
    }
    const inFile = [...constants.values()].filter((tensor) => tensor.location?.file.endsWith('weight.bin'));
    const bytes = stored.reduce((sum, blob) => sum + blob.bytes, 0);
    const width = stored[0]?.type === 1 ? 2 : 4;
    expect(inFile.reduce((sum, tensor) => sum + tensor.bytes, 0)).toBe(bytes);
    expect(inFile.reduce((sum, tensor) => sum + tensor.storedElements, 0)).toBe(bytes / width);
    // Scalars of element-wise operations are written into the program itself.
    const written = [...constants.values()].filter((tensor) => !inFile.includes(tensor));
    expect(report.totals.parameterBytes).toBe(bytes + written.reduce((sum, tensor) => sum + tensor.bytes, 0));
    expect(report.externalBytes).toBe(statSync(join(path, 'Data/com.apple.CoreML/weights/weight.bin')).size);
    expect(report.problems).toEqual([]);
  });
});

describe('the real neural network', () => {
  const path = join(SHARED, 'MNIST_ph1ps.mlmodel');

  it.skipIf(!existsSync(path))('has the layers, weights and MACs that its file holds', () => {
    const raw = readFileSync(path);
    // Model.neuralNetworkClassifier, layers.
    const layers = inside(raw, 403, 1);
    const report = inspect(openModel(path), NOTHING);
    expect(report.layers.map(({ name }) => name)).toEqual(layers.map((one) => inside(one, 1)[0]?.toString()));
    // Weights and bias of convolution (100: 90, 91) and innerProduct (140: 20, 21), floatValue = 1.
    const bytes = [
      [100, 90],
      [100, 91],
      [140, 20],
      [140, 21],
    ].flatMap((way) => layers.flatMap((layer) => inside(layer, ...way, 1)));
    const total = bytes.reduce((sum, one) => sum + one.length, 0);
    expect(report.totals).toMatchObject({ parameters: total / 4, parameterBytes: total });
    // 26·26·32·9 + 24·24·64·32·9 … for the sizes of LeNet-like layers, by hand.
    const convolutions = 26 * 26 * 32 * 9 + 24 * 24 * 32 * 32 * 9;
    expect(report.totals.macs).toBe(convolutions + 4608 * 128 + 128 * 10);
    expect(report.outputs[0]).toMatchObject({ name: 'prediction', shape: [1, 1, 10, 1, 1] });
    expect(report.inputs[0]).toMatchObject({ name: 'image', shape: [1, 1, 28, 28] });
  });
});

describe('the sample', () => {
  it('costs in Core ML what it costs in ONNX', () => {
    const [onnx, coreml] = ['onnx', 'mlpackage'].map((ending) =>
      inspect(openModel(resolve(`models/shapes_mobilenetv2.${ending}`)), NOTHING),
    );
    const figures = [
      'parameters',
      'parameterBytes',
      'activationBytes',
      'peakActivationBytes',
      'macs',
      'elementOps',
    ] as const;
    for (const figure of figures) expect(coreml?.totals[figure], figure).toBe(onnx?.totals[figure]);
    const operators = onnx?.layers.filter(({ op }) => op !== 'Constant');
    expect(coreml?.layers.map(({ outputs }) => outputs[0]?.shape)).toEqual(
      operators?.map(({ outputs }) => outputs[0]?.shape),
    );
    expect(coreml?.layers.map(({ macs }) => macs)).toEqual(operators?.map(({ macs }) => macs));
    expect(coreml?.problems).toEqual([]);
  });
});

describe.skipIf(models.length === 0)('opening', () => {
  it.each(packages)('%s by folder, manifest and specification gives the same', (path) => {
    const opened = [path, join(path, 'Manifest.json'), specificationOf(path)].map(
      (one) => openModel(one).model,
    );
    const [first, ...others] = opened;
    expect(first?.file).toBe(path);
    for (const other of others) {
      expect(other.file).toBe(path);
      expect(other.graph.nodes.map(({ name }) => name)).toEqual(first?.graph.nodes.map(({ name }) => name));
    }
  });

  it.each(models)('%s gives the elements of every weight', (path) => {
    const file = openModel(path);
    for (const { tensor } of file.parameterTensors(file.model.graph)) {
      const { values, complete } = file.readTensor(tensor);
      expect(complete).toBe(true);
      expect(values).toHaveLength(tensor.storedElements);
      expect(values.every(Number.isFinite), tensor.name).toBe(true);
    }
  });
});

describe.skipIf(models.length === 0)('writing unchanged', () => {
  it.each(models)('%s gives the same bytes', (path) => {
    const target = join(mkdtempSync(join(folder, 'written-')), path.split('/').at(-1) ?? '');
    openModel(path).write(target);
    if (!statSync(path).isDirectory()) {
      expect(readFileSync(target).equals(readFileSync(path))).toBe(true);
      return;
    }
    const files = readdirSync(path, { recursive: true, encoding: 'utf8' });
    expect(readdirSync(target, { recursive: true, encoding: 'utf8' }).sort()).toEqual(files.sort());
    for (const name of files.filter((one) => statSync(join(path, one)).isFile())) {
      expect(readFileSync(join(target, name)).equals(readFileSync(join(path, name))), name).toBe(true);
    }
    expect(() => openModel(path).write(target)).toThrow('exists already');
  });
});
