import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { zipSync } from 'fflate';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TensorProtoSchema } from '../../formats/onnx/onnx_pb';
import { readTensorFile } from '../../formats/onnx/reading/tensorFile';
import { makeInt64Tensor } from '../../formats/onnx/writing/make';
import { fromHalves, toHalves } from '../../model/float16';
import type { DataInput } from '../../runtime/dataInput';
import { toElements } from './elements';
import { openDataset } from './openDataset';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-arrays-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A `.npy` file written byte by byte as NumPy's documentation has it. */
function npy(
  descr: string,
  shape: number[],
  data: ArrayBufferView,
  fortran = false,
  version = 1,
): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${tuple}), }`;
  const prefix = version === 1 ? 10 : 12;
  const header = text.padEnd(Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix - 1).concat('\n');
  const length = Buffer.alloc(prefix - 8);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY', 'latin1'),
    Buffer.from([version, 0]),
    length,
    Buffer.from(header, 'latin1'),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

function save(name: string, bytes: Uint8Array): { path: string; labels: null; labelOffset: number } {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  return { path, labels: null, labelOffset: 0 };
}

const x = (
  shape: number[],
  type: DataInput['type'] = 'float32',
  declaredShape?: DataInput['declaredShape'],
) => ({
  name: 'x',
  type,
  shape,
  ...(declaredShape === undefined ? {} : { declaredShape }),
});

async function samples(options: { path: string; labels: null; labelOffset: number }, input: DataInput) {
  const dataset = await openDataset(options, null, [input]);
  const all = [];
  for (let i = 0; i < dataset.size; i++) {
    const tensor = (await dataset.feeds(i))[input.name];
    all.push({ shape: tensor?.shape, data: Array.from(tensor?.data as Float32Array) });
  }
  return all;
}

const six = Float32Array.of(1, 2, 3, 4, 5, 6);

describe('.npy', () => {
  it('is split along one more axis, or along the batch axis', async () => {
    const expected = [
      { shape: [1, 3], data: [1, 2, 3] },
      { shape: [1, 3], data: [4, 5, 6] },
    ];
    expect(await samples(save('more.npy', npy('<f4', [2, 1, 3], six)), x([1, 3]))).toEqual(expected);
    expect(await samples(save('batch.npy', npy('<f4', [2, 3], six)), x([1, 3]))).toEqual(expected);
    expect(await samples(save('v2.npy', npy('<f4', [2, 3], six, false, 2)), x([1, 3]))).toEqual(expected);
  });

  it('may be one sample, with or without the batch axis', async () => {
    expect(await samples(save('one.npy', npy('<f4', [2, 3], six)), x([1, 2, 3]))).toEqual([
      { shape: [1, 2, 3], data: [...six] },
    ]);
    expect(await samples(save('whole.npy', npy('<f4', [2, 3], six)), x([2, 3]))).toEqual([
      { shape: [2, 3], data: [...six] },
    ]);
  });

  it('decides dimensions that the model leaves open', async () => {
    const open = x([1, 1], 'float32', ['batch', 'length']);
    expect(await samples(save('open.npy', npy('<f4', [2, 3], six)), open)).toEqual([
      { shape: [1, 3], data: [1, 2, 3] },
      { shape: [1, 3], data: [4, 5, 6] },
    ]);
    const wave = x([1], 'float32', ['time']);
    expect(await samples(save('wave.npy', npy('<f4', [6], six)), wave)).toEqual([
      { shape: [6], data: [...six] },
    ]);
  });

  it('is read in any type, byte order and axis order', async () => {
    const swapped = Buffer.from(six.buffer.slice(0)).swap32();
    const cases: [string, ArrayBufferView][] = [
      ['>f4', swapped],
      ['<f8', Float64Array.from(six)],
      ['<f2', toHalves(six)],
      ['|i1', Int8Array.from(six)],
      ['|u1', Uint8Array.from(six)],
      ['<i2', Int16Array.from(six)],
      ['<u2', Uint16Array.from(six)],
      ['<i4', Int32Array.from(six)],
      ['<u4', Uint32Array.from(six)],
      ['<i8', BigInt64Array.from([...six].map(BigInt))],
      ['<u8', BigUint64Array.from([...six].map(BigInt))],
    ];
    for (const [descr, data] of cases) {
      const file = save('type.npy', npy(descr, [6], data));
      expect(await samples(file, x([6])), descr).toEqual([{ shape: [6], data: [...six] }]);
    }
    // Axes of 2 and 3 stored with the first one fastest.
    const columns = npy('<f4', [2, 3], Float32Array.of(1, 4, 2, 5, 3, 6), true);
    expect(await samples(save('fortran.npy', columns), x([2, 3]))).toEqual([
      { shape: [2, 3], data: [...six] },
    ]);
  });

  it('keeps 64-bit integers exact', async () => {
    const large = BigInt64Array.of(9_007_199_254_740_993n, -1n);
    const dataset = await openDataset(save('exact.npy', npy('<i8', [2], large)), null, [x([2], 'int64')]);
    expect((await dataset.feeds(0))['x']?.data).toEqual(large);
  });

  it('that is damaged is an error in a sentence', async () => {
    const good = npy('<f4', [2, 3], six);
    const cases: [string, Uint8Array, string][] = [
      ['empty.npy', new Uint8Array(), 'is damaged'],
      ['magic.npy', Buffer.from('not numpy at all'), 'is damaged'],
      ['cut.npy', good.subarray(0, 40), 'is damaged'],
      ['short.npy', good.subarray(0, good.length - 1), 'its shape needs 24 bytes'],
      ['absurd.npy', npy('<f4', [2 ** 40, 2 ** 40], six), 'its shape is absurd'],
      ['huge.npy', npy('<f4', [2 ** 40, 2], six), 'its shape needs'],
      ['object.npy', npy('|O', [2, 3], six), 'not a number'],
      ['unfit.npy', npy('<f4', [3, 2], six), 'does not fit input "x" of shape [1, 3]'],
    ];
    for (const [name, bytes, message] of cases) {
      await expect(openDataset(save(name, bytes), null, [x([1, 3])]), name).rejects.toThrow(message);
    }
  });

  it('is left out of a folder with a warning when it is damaged', async () => {
    save('folder/good.npy', npy('<f4', [2, 3], six));
    save('folder/bad.npy', Buffer.from('bad'));
    const dataset = await openDataset({ path: join(folder, 'folder'), labels: null, labelOffset: 0 }, null, [
      x([1, 3]),
    ]);
    expect([dataset.size, dataset.warnings]).toEqual([2, [expect.stringMatching(/^1 file was left out/)]]);
  });
});

describe('.npz', () => {
  const inputs = [x([1, 3]), { ...x([], 'int64'), name: 'rate' }];
  const rate = npy('<i8', [], BigInt64Array.of(16_000n));

  it('feeds several inputs by name, one sample serving all, and carries labels', async () => {
    const zip = zipSync({
      'x.npy': npy('<f4', [2, 3], six),
      'rate.npy': rate,
      'labels.npy': npy('<i4', [2], Int32Array.of(4, 9)),
    });
    const dataset = await openDataset({ ...save('two.npz', zip), labelOffset: 1 }, null, inputs);
    expect(dataset.labels).toEqual([5, 10]);
    expect(await dataset.feeds(1)).toEqual({
      x: { type: 'float32', shape: [1, 3], data: Float32Array.of(4, 5, 6) },
      rate: { type: 'int64', shape: [], data: BigInt64Array.of(16_000n) },
    });
  });

  it('says what is missing, unequal or unreadable', async () => {
    const one = zipSync({ 'x.npy': npy('<f4', [2, 3], six) });
    await expect(openDataset(save('one.npz', one), null, inputs)).rejects.toThrow('no array named "rate"');
    const unequal = zipSync({
      'x.npy': npy('<f4', [2, 3], six),
      'rate.npy': npy('<i8', [3], new BigInt64Array(3)),
    });
    await expect(openDataset(save('unequal.npz', unequal), null, inputs)).rejects.toThrow('2, 3');
    await expect(openDataset(save('no.npz', Buffer.from('PK no zip')), null, inputs)).rejects.toThrow(
      'unpacked',
    );
    const lone = save('lone.npy', npy('<f4', [2, 3], six));
    await expect(openDataset(lone, null, inputs)).rejects.toThrow('.npz with arrays named "x", "rate"');
  });

  it('does not allocate what a header only claims', async () => {
    const zip = zipSync({ 'x.npy': npy('<f4', [2, 3], six) });
    const view = new DataView(zip.buffer, zip.byteOffset);
    for (let i = 0; i + 4 <= zip.length; i++) {
      // Uncompressed size in the central directory: 24 bytes behind its signature.
      if (view.getUint32(i, true) === 0x02014b50) view.setUint32(i + 24, 0x7fffffff, true);
    }
    await expect(openDataset(save('bomb.npz', zip), null, [x([1, 3])])).rejects.toThrow('absurd size');
  });
});

describe('test_data_set folders', () => {
  it('are samples in the order of their numbers', async () => {
    for (const set of [0, 2, 10]) {
      const tensor = makeInt64Tensor('', [1, 2], [set, -set]);
      save(`sets/test_data_set_${set}/input_0.pb`, toBinary(TensorProtoSchema, tensor));
    }
    const options = { path: join(folder, 'sets'), labels: null, labelOffset: 0 };
    expect((await samples(options, x([1, 2]))).map(({ data }) => data[0])).toEqual([0, 2, 10]);
    const single = { ...options, path: join(folder, 'sets', 'test_data_set_2') };
    expect(await samples(single, x([1, 2], 'int32'))).toEqual([{ shape: [1, 2], data: [2, -2] }]);
    await expect(samples(single, x([1, 3]))).rejects.toThrow('does not fit');
  });

  it.skipIf(process.platform === 'win32')('with a pipe among them are not waited for', async () => {
    const tensor = makeInt64Tensor('', [1, 2], [1, 2]);
    save('piped/test_data_set_0/input_0.pb', toBinary(TensorProtoSchema, tensor));
    execFileSync('mkfifo', [join(folder, 'piped/test_data_set_0/input_1.pb')]);
    const options = { path: join(folder, 'piped'), labels: null, labelOffset: 0 };
    await expect(samples(options, x([1, 2]))).rejects.toThrow('is not a regular file');
  });

  it('hold elements in whichever field fits their type', () => {
    const halves = create(TensorProtoSchema, {
      dataType: 10,
      dims: [3n],
      // 15360 = 1.0 and 49152 = -2.0 as float16, as varints.
      int32Data: [Uint8Array.of(0x80, 0x78, 0x80, 0x80, 0x03, 0x00)],
    });
    const file = save('field.pb', toBinary(TensorProtoSchema, halves));
    const { bytes } = readTensorFile(file.path);
    expect(Array.from(fromHalves(new Uint16Array(bytes.buffer, bytes.byteOffset, 3)))).toEqual([1, -2, 0]);
    const cut = save('cut.pb', toBinary(TensorProtoSchema, { ...halves, dims: [4n] }));
    expect(() => readTensorFile(cut.path)).toThrow('not a tensor with its data');
  });

  const shared = resolve('../shared/models');
  const sets = join(shared, 'data/squeezenet_io');
  it.skipIf(!existsSync(sets))('of SqueezeNet (../shared/models) give the outputs beside them', async () => {
    const input = { name: 'data_0', type: 'float16' as const, shape: [1, 3, 224, 224] };
    const dataset = await openDataset({ path: sets, labels: null, labelOffset: 0 }, null, [input]);
    const session = await InferenceSession.create(join(shared, 'onnx/squeezenet_fp16.onnx'));
    for (let i = 0; i < dataset.size; i++) {
      const data = (await dataset.feeds(i))['data_0']?.data as Uint16Array;
      const result = await session.run({ data_0: new Tensor('float16', data, input.shape) });
      const halves = Uint16Array.from(Object.values(result)[0]?.data as Iterable<number>);
      const isHalf = Object.values(result)[0]?.data instanceof Uint16Array;
      const { bytes } = readTensorFile(join(sets, `test_data_set_${i}`, 'output_0.pb'));
      const expected = new Float32Array(new Uint8Array(bytes).buffer);
      const given = fromHalves(halves);
      const worst = Math.max(...expected.map((value, k) => Math.abs(value - (given[k] ?? 0))));
      expect([isHalf, worst < 2e-3], `worst difference ${worst}`).toEqual([true, true]);
    }
  });
});

describe('elements', () => {
  it('round and saturate into integers', () => {
    expect(toElements('int8', Float32Array.of(-1000, -1.6, 0.4, 127.9))).toEqual(
      Int8Array.of(-128, -2, 0, 127),
    );
    expect(toElements('bool', Float32Array.of(0, 3))).toEqual(Uint8Array.of(0, 1));
  });
});
