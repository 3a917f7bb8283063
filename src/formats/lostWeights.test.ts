import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { reopenTflite } from '../../test/unit/tflite';
import { openModel } from '.';
import { LostWeights } from './lostWeights';
import { TfliteFile } from './tflite/file';

const folder = mkdtempSync(join(tmpdir(), 'caliper-lost-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('weights that cannot be read', () => {
  it('are one problem for each reason, which is at its layer where one alone has it', () => {
    const lost = new LostWeights();
    for (const name of ['a', 'b', 'c', 'd', 'e']) lost.add(name, 'w.bin is missing', { node: name });
    lost.add('f', 'no blob begins there', { node: 'layer' });
    expect(lost.problems).toEqual([
      { message: "The weights of 'a', 'b', 'c' and 2 more cannot be read: w.bin is missing." },
      { message: "The weights of 'f' cannot be read: no blob begins there.", node: 'layer' },
    ]);
  });

  it('of a package without its weight file are one problem', () => {
    const path = join(folder, 'model.mlpackage');
    cpSync('models/shapes_mobilenetv2.mlpackage', path, { recursive: true });
    rmSync(join(path, 'Data/com.apple.CoreML/weights/weight.bin'));
    const { problems } = openModel(path).model;
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^The weights of '.+', '.+', '.+' and \d+ more cannot be read: .*weight\.bin is missing/,
      ),
    ]);
  });

  it('of a TensorFlow Lite model without its file of weights are one problem', () => {
    const file = openModel('models/shapes_mobilenetv2.tflite');
    if (!(file instanceof TfliteFile)) throw new Error('no .tflite');
    const { root } = file.model;
    const [graph, ...others] = root.subgraphs ?? [];
    const stored = ({ buffer = 0 }: { buffer?: number }) => (root.buffers?.[buffer]?.data?.length ?? 0) > 0;
    const tensors = graph?.tensors?.map((one) => (stored(one) ? { ...one, externalBuffer: 1 } : one)) ?? [];
    const { problems } = reopenTflite(
      {
        ...root,
        subgraphs: [{ ...graph, tensors }, ...others],
        externalBufferGroups: [{ name: 'gone.bin' }],
        externalBuffers: [{ id: 1, group: 0, offset: 0, length: 4 }],
      },
      folder,
    ).model;
    const missing = problems.filter(({ message }) => message.includes('gone.bin is missing'));
    expect(missing.map(({ message }) => message)).toEqual([
      expect.stringMatching(/ and \d+ more cannot be read/),
    ]);
  });
});
