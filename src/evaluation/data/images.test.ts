import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tooLarge } from '../../../test/unit/pictures';
import type { Preprocessing } from '../../protocol/options';
import { PRESET_VALUES } from '../../protocol/presets';
import type { DataInput } from '../../runtime/dataInput';
import { openDataset } from './openDataset';
import { firstReadable, readableSamples } from './readable';
import { splitDataset } from './split';

const input = (shape: number[], type: DataInput['type'] = 'float32'): DataInput => ({
  name: 'x',
  type,
  shape,
});

let folder: string;
const at = (path: string) => ({ path: join(folder, path), labels: null, labelOffset: 0 });

/** A picture of 2 x 2: red, green / blue, grey. */
const QUAD = [255, 0, 0, 0, 255, 0, 0, 0, 255, 51, 51, 51];

async function png(
  path: string,
  pixels: number[],
  width: number,
  channels: 1 | 2 | 3 | 4 = 3,
): Promise<void> {
  const height = pixels.length / channels / width;
  await sharp(Uint8Array.from(pixels), { raw: { width, height, channels } }).png().toFile(join(folder, path));
}

async function first(path: string, preprocessing: Preprocessing | null, to: DataInput): Promise<number[]> {
  const dataset = await openDataset(at(path), preprocessing, [to]);
  return Array.from((await dataset.feeds(0))[to.name]?.data as Float32Array);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-images-'));
  await png('quad.png', QUAD, 2);
  await png('alpha.png', [10, 20, 30, 0], 1, 4);
  await png('grey.png', [7, 200], 2, 1);
  for (const name of ['a', 'b', 'empty', 'z']) mkdirSync(join(folder, 'classes', name), { recursive: true });
  for (const path of ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png', 'z/1.png', 'z/2.png']) {
    await png(join('classes', path), QUAD, 2);
  }
  writeFileSync(join(folder, 'classes', 'a', 'broken.jpg'), 'this is text');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('pixels', () => {
  it('are taken as they are when the picture has the size of the input', async () => {
    const planes = [255, 0, 0, 51, 0, 255, 0, 51, 0, 0, 255, 51];
    expect(await first('quad.png', PRESET_VALUES.none, input([1, 3, 2, 2]))).toEqual(planes);
    expect(await first('quad.png', PRESET_VALUES.none, input([1, 2, 2, 3]))).toEqual(QUAD);
    expect(await first('quad.png', PRESET_VALUES.none, input([1, 3, 2, 2], 'uint8'))).toEqual(planes);
  });

  it('follow the presets', async () => {
    const expected = {
      imagenet: [(51 / 255 - 0.485) / 0.229, (51 / 255 - 0.456) / 0.224, (51 / 255 - 0.406) / 0.225],
      half: [-0.6, -0.6, -0.6],
      unit: [0.2, 0.2, 0.2],
      caffe: [51 - 104, 51 - 117, 51 - 123],
      none: [51, 51, 51],
    };
    for (const [name, values] of Object.entries(expected)) {
      const preset = PRESET_VALUES[name as keyof typeof expected];
      const nhwc = await first('quad.png', preset, input([1, 2, 2, 3]));
      expect(
        nhwc.slice(9).map((value) => value.toFixed(5)),
        name,
      ).toEqual(values.map((value) => Math.fround(value).toFixed(5)));
    }
  });

  it('are in the order of channels that is asked for', async () => {
    const bgr = { ...PRESET_VALUES.none, channels: 'bgr' as const };
    expect((await first('quad.png', bgr, input([1, 2, 2, 3]))).slice(0, 3)).toEqual([0, 0, 255]);
  });

  it('become luminance for one channel, and three channels from grey; alpha is dropped', async () => {
    expect(await first('quad.png', PRESET_VALUES.none, input([1, 1, 2, 2]))).toEqual([76, 150, 29, 51]);
    expect(await first('grey.png', PRESET_VALUES.none, input([1, 1, 1, 2]))).toEqual([7, 200]);
    expect(await first('grey.png', PRESET_VALUES.none, input([1, 1, 2, 3]))).toEqual([
      7, 7, 7, 200, 200, 200,
    ]);
    expect(await first('alpha.png', PRESET_VALUES.none, input([1, 1, 2, 3]))).toEqual([
      10, 20, 30, 10, 20, 30,
    ]);
  });

  it('are as stored, whatever the orientation that a camera noted', async () => {
    const path = join(folder, 'turned.jpg');
    const wide = sharp({ create: { width: 64, height: 32, channels: 3, background: '#000000' } });
    await wide.withMetadata({ orientation: 6 }).jpeg().toFile(path);
    const values = await first('turned.jpg', PRESET_VALUES.none, input([1, 32, 64, 3]));
    expect(Math.max(...values)).toBe(0);
  });

  it('fill a batch with copies, and say so', async () => {
    const dataset = await openDataset(at('quad.png'), PRESET_VALUES.none, [input([2, 2, 2, 3])]);
    expect(Array.from((await dataset.feeds(0))['x']?.data as Float32Array)).toEqual([...QUAD, ...QUAD]);
    expect(dataset.warnings).toEqual([expect.stringContaining('batch of 2')]);
  });
});

describe('a folder of images', () => {
  it('has its sub-folders in sorted order as classes, an empty one too', async () => {
    const dataset = await openDataset({ ...at('classes'), labelOffset: 1 }, PRESET_VALUES.none, [
      input([1, 3, 2, 2]),
    ]);
    expect(dataset.labels).toEqual([1, 1, 2, 2, 4, 4]);
    expect(dataset.warnings).toEqual([expect.stringMatching(/^1 file was left out/)]);
  });

  it('takes classes from a CSV and leaves out what is not in it', async () => {
    const csv = join(folder, 'labels.csv');
    writeFileSync(csv, 'path,class\nclasses/z/1.png,7\n"a/2.png",3\r\n');
    const dataset = await openDataset({ ...at('classes'), labels: csv }, PRESET_VALUES.none, [
      input([1, 3, 2, 2]),
    ]);
    expect(dataset.labels).toEqual([3, 7]);
    expect(dataset.warnings.join()).toContain('not named in');
  });

  it('warns when nobody said how images are prepared', async () => {
    const dataset = await openDataset(at('classes'), null, [input([1, 3, 2, 2])]);
    expect(dataset.warnings.join()).toContain('Preprocessing was not given');
  });

  it('splits into halves that share nothing and hold every class', async () => {
    const dataset = await openDataset(at('classes'), PRESET_VALUES.none, [input([1, 3, 2, 2])]);
    const { calibration, validation } = splitDataset(dataset, 100, 5);
    expect([calibration.labels, validation.labels]).toEqual([
      [0, 1, 3],
      [0, 1, 3],
    ]);
  });
});

describe('errors say what to do', () => {
  const failure = (path: string, preprocessing: Preprocessing | null, ...inputs: DataInput[]) =>
    openDataset(at(path), preprocessing, inputs).then(
      () => 'no error',
      (error: Error) => error.message,
    );

  it('for inputs that images cannot feed', async () => {
    expect(await failure('quad.png', null, input([1, 128]))).toContain('.npy');
    expect(await failure('quad.png', null, input([1, 3, 1, 1]))).toContain('"x", such as 1,3,224,224');
    expect(await failure('quad.png', null, input([1, 3, 2, 2]), { ...input([1]), name: 'y' })).toContain(
      '"y"',
    );
  });

  it('for missing paths, folders without data, bad numbers', async () => {
    expect(await failure('nowhere', null, input([1, 3, 2, 2]))).toContain('nowhere');
    expect(await failure('classes/empty', null, input([1, 3, 2, 2]))).toContain('There is no data');
    const unit = PRESET_VALUES.unit;
    expect(await failure('quad.png', { ...unit, std: [0, 1, 1] }, input([1, 3, 2, 2]))).toContain('std');
    expect(await failure('quad.png', { ...unit, mean: [1, 1] }, input([1, 3, 2, 2]))).toContain('mean');
    expect(await failure('quad.png', { ...unit, resize: 1 }, input([1, 3, 2, 2]))).toContain(
      'smaller than the crop',
    );
  });

  it('for sizes that no picture needs', async () => {
    const huge = { ...PRESET_VALUES.unit, resize: 10_000, crop: 10_000 };
    expect(await failure('quad.png', huge, input([1, 3, 2, 2]))).toMatch(
      /crop of 10000 is too large for an input of 2 by 2: it may have 2048/,
    );
    expect(await failure('quad.png', { ...huge, crop: null, resize: 10_001 }, input([1, 3, 2, 2]))).toContain(
      '10000 pixels at most',
    );
    // An input may be as large as it is, and only what is cropped of a large picture is computed.
    const own = { ...PRESET_VALUES.unit, crop: 4000 };
    expect((await openDataset(at('quad.png'), own, [input([1, 3, 4000, 4000])])).size).toBe(1);
    const resized = { ...PRESET_VALUES.unit, resize: 10_000 };
    expect((await first('quad.png', resized, input([1, 3, 2, 2]))).length).toBe(12);
  });

  it.skipIf(process.platform === 'win32')('for a pipe, which would be waited for for ever', async () => {
    for (const name of ['pipe.png', 'pipe.npy', 'input_0.pb']) {
      execFileSync('mkfifo', [join(folder, name)]);
      expect(await failure(name, null, input([1, 3, 2, 2]))).toContain('neither a file nor a folder');
      rmSync(join(folder, name));
    }
    expect(
      await openDataset({ path: '/dev/zero', labels: null, labelOffset: 0 }, null, [input([1])]).catch(
        (error: Error) => error.message,
      ),
    ).toContain('neither a file nor a folder');
  });

  it('for a damaged picture', async () => {
    const whole = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#abc' } })
      .png()
      .toBuffer();
    writeFileSync(join(folder, 'cut.png'), whole.subarray(0, whole.length - 30));
    await expect(first('cut.png', PRESET_VALUES.unit, input([1, 3, 64, 64]))).rejects.toThrow(
      'cannot be decoded',
    );
  });
});

it('gives the sample model the images that it was trained for: 194 of 200 right', async () => {
  const models = resolve('models');
  const options = { path: join(models, 'shapes/validation'), labels: null, labelOffset: 0 };
  const dataset = await openDataset(options, PRESET_VALUES.half, [
    { ...input([1, 3, 96, 96]), name: 'image' },
  ]);
  const session = await InferenceSession.create(join(models, 'shapes_mobilenetv2.onnx'));
  let right = 0;
  for (let i = 0; i < dataset.size; i++) {
    const data = (await dataset.feeds(i))['image']?.data as Float32Array;
    const { logits } = await session.run({ image: new Tensor('float32', data, [1, 3, 96, 96]) });
    const scores = Array.from(logits?.data as Float32Array);
    if (scores.indexOf(Math.max(...scores)) === dataset.labels?.[i]) right++;
  }
  expect([dataset.size, right]).toEqual([200, 194]);
});

it('leaves out pictures that cannot be decoded, and says which', async () => {
  const whole = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#abc' } })
    .png()
    .toBuffer();
  mkdirSync(join(folder, 'damaged'));
  writeFileSync(join(folder, 'damaged', '1.png'), whole.subarray(0, whole.length - 30));
  writeFileSync(join(folder, 'damaged', '2.png'), whole);
  const dataset = await openDataset(at('damaged'), PRESET_VALUES.unit, [input([1, 3, 9, 9])]);
  const readable = await readableSamples(dataset);
  expect([readable.size, readable.warnings]).toEqual([
    1,
    [expect.stringMatching(/^1 file was left out: .*1\.png cannot be decoded/)],
  ]);
  expect((await readable.feeds(0))['x']?.shape).toEqual([1, 3, 9, 9]);
  rmSync(join(folder, 'damaged', '2.png'));
  const none = await openDataset(at('damaged'), PRESET_VALUES.unit, [input([1, 3, 9, 9])]);
  await expect(readableSamples(none)).rejects.toThrow('cannot be decoded');
});

it('takes the first picture that can be read, and says what was left out: damaged, or with too many pixels', async () => {
  mkdirSync(join(folder, 'large'));
  await png('large/3.png', QUAD, 2);
  for (const name of ['1.png', '2.png', '4.png']) {
    writeFileSync(join(folder, 'large', name), tooLarge(readFileSync(join(folder, 'large', '3.png'))));
  }
  const dataset = await openDataset(at('large'), PRESET_VALUES.unit, [input([1, 3, 2, 2])]);
  const { feeds, warnings } = await firstReadable(dataset);
  expect(feeds['x']?.shape).toEqual([1, 3, 2, 2]);
  expect(warnings).toEqual([
    expect.stringMatching(/^2 files were left out: .*1\.png cannot be decoded .*pixel/),
  ]);
  expect((await readableSamples(dataset)).size).toBe(1);
  rmSync(join(folder, 'large', '3.png'));
  const none = await openDataset(at('large'), PRESET_VALUES.unit, [input([1, 3, 9, 9])]);
  await expect(firstReadable(none)).rejects.toThrow('cannot be decoded');
});

it('enters no folder twice, however links lead', async () => {
  mkdirSync(join(folder, 'loop', 'inner'), { recursive: true });
  await png('loop/inner/1.png', QUAD, 2);
  symlinkSync(join(folder, 'loop'), join(folder, 'loop', 'inner', 'back'), 'dir');
  symlinkSync(join(folder, 'nowhere'), join(folder, 'loop', 'dead.png'));
  const dataset = await openDataset(at('loop'), PRESET_VALUES.unit, [input([1, 3, 2, 2])]);
  expect(dataset.size).toBe(1);
});
