import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterAll, describe, expect, it } from 'vitest';
import { onnx } from '../formats/onnx/format';
import { ModelProtoSchema, type ValueInfoProto } from '../formats/onnx/onnx_pb';
import { makeNode, makeValueInfo } from '../formats/onnx/writing/make';
import { writeModel } from '../formats/onnx/writing/writer';
import { ModelError } from '../model/modelError';
import type { Engine, Feeds, Session } from '../runtime/engine';
import { latencyAtLengths, sequenceDimension } from './lengths';

const folder = mkdtempSync(join(tmpdir(), 'caliper-lengths-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ANY = { dims: {}, shapes: {} };

let count = 0;
function modelOf(...input: ValueInfoProto[]) {
  const path = join(folder, `${count++}.onnx`);
  const node = input.map(({ name }, at) => makeNode('Identity', [name], [`y${at}`]));
  const output = input.map((_, at) => makeValueInfo(`y${at}`, 'float32', []));
  const opsetImport = [{ domain: '', version: 17n }];
  writeModel(
    create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph: { name: 'g', input, output, node } }),
    path,
  );
  return onnx.open(path);
}

describe('sequenceDimension', () => {
  it.each([
    ['token ids', [makeValueInfo('ids', 'int64', ['batch', 'n'])], 'n'],
    ['what came before', [makeValueInfo('past', 'float32', [1, 4, 'past_length', 8])], 'past_length'],
    ['token ids of one size', [makeValueInfo('ids', 'int64', ['batch', 7])], null],
    ['images', [makeValueInfo('x', 'float32', ['batch', 3, 'height', 'width'])], null],
  ])('of %s', (_, inputs, expected) => {
    expect(sequenceDimension(modelOf(...inputs), ANY)).toBe(expected);
  });

  it('is none where the user said how long it is', () => {
    const file = modelOf(makeValueInfo('ids', 'int64', ['batch', 'n']));
    expect(sequenceDimension(file, { ...ANY, dims: { n: 5 } })).toBeNull();
    expect(sequenceDimension(file, { ...ANY, shapes: { ids: [1, 5] } })).toBeNull();
  });
});

/** Says itself how long a run takes: a millisecond for each position, half of that where the file is called so. */
const stating: Engine = {
  name: 'an engine',
  load: async (path): Promise<Session> => {
    const invoke = async (feeds: Feeds) => {
      const length = feeds['ids']?.shape[1] ?? Number.NaN;
      if (length > 512) throw new ModelError('There are 512 positions.');
      return path.endsWith('after.onnx') ? length / 2 : length;
    };
    return {
      inputs: [],
      outputs: [],
      run: async (feeds) => {
        await invoke(feeds);
        return {};
      },
      time: invoke,
      close: async () => {},
    };
  },
};

it('times both models at each length, and says which it does not take', async () => {
  const file = modelOf(makeValueInfo('ids', 'int64', ['batch', 'n']));
  const bench = {
    engine: stating,
    open: (path: string) => onnx.open(path),
    threads: 1,
    newPath: () => join(folder, 'none'),
  };
  const warnings: string[] = [];
  const results = await latencyAtLengths(
    bench,
    file,
    join(folder, 'after.onnx'),
    'n',
    [1, 128, 513],
    ANY,
    { threads: 1, runs: 7, seed: 1 },
    (sentence) => warnings.push(sentence),
  );
  expect(results.map(({ dim, length }) => [dim, length])).toEqual([
    ['n', 1],
    ['n', 128],
  ]);
  for (const { length, before, after, speedup } of results) {
    expect(before.median).toBeCloseTo(length, 6);
    expect(after.median).toBeCloseTo(length / 2, 6);
    expect(speedup.ratio).toBeCloseTo(2, 6);
  }
  expect(warnings).toEqual(['At n = 513 the latency could not be measured: There are 512 positions.']);
});
