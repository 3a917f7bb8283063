import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { openModel } from '../formats/index';
import { GraphProtoSchema, ModelProtoSchema } from '../formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeTensor, makeValueInfo } from '../formats/onnx/writing/make';
import { writeModel } from '../formats/onnx/writing/writer';
import type { InputRole } from '../formats/profiling';
import { ModelError } from '../model/modelError';
import type { Feeds } from './engine';
import { modelInputs } from './inputs';
import { randomFeeds } from './randomInputs';

const feedsOf = (inputs: Parameters<typeof randomFeeds>[0], roles: [string, InputRole][] = [], seed = 1) =>
  randomFeeds(inputs, new Map(roles), seed);

const dataOf = (feeds: Feeds, name: string) => feeds[name]?.data;

describe('randomFeeds', () => {
  it('draws floats from N(0, 1)', () => {
    const seed = 3;
    const { x } = feedsOf([{ name: 'x', type: 'float32', shape: [100, 100] }], [], seed);
    const values = x?.data as Float32Array;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean), `seed ${seed}`).toBeLessThan(0.05);
    expect(Math.abs(variance - 1), `seed ${seed}`).toBeLessThan(0.05);
  });

  it('keeps indices below the size of their table, and reaches all of it', () => {
    const { ids } = feedsOf(
      [{ name: 'ids', type: 'int64', shape: [500] }],
      [['ids', { kind: 'index', below: 7 }]],
    );
    expect(new Set(ids?.data as BigInt64Array)).toEqual(new Set([0n, 1n, 2n, 3n, 4n, 5n, 6n]));
  });

  it('gives other integers 0 or 1, masks and booleans 1, choices their value', () => {
    const shape = [64];
    const feeds = feedsOf(
      [
        { name: 'count', type: 'int32', shape },
        { name: 'mask', type: 'int64', shape },
        { name: 'flag', type: 'bool', shape: [] },
        { name: 'rate', type: 'int64', shape: [] },
      ],
      [
        ['mask', { kind: 'mask' }],
        ['rate', { kind: 'choice', value: 16000 }],
      ],
    );
    expect(new Set(dataOf(feeds, 'count') as Int32Array)).toEqual(new Set([0, 1]));
    expect(new Set(dataOf(feeds, 'mask') as BigInt64Array)).toEqual(new Set([1n]));
    expect(dataOf(feeds, 'flag')).toEqual(Uint8Array.of(1));
    expect(dataOf(feeds, 'rate')).toEqual(BigInt64Array.of(16000n));
  });

  it('gives images of 8 bits pixels from 0 to 255, whatever their layout, and other bytes 0 or 1', () => {
    const feeds = feedsOf(
      [
        { name: 'nhwc', type: 'uint8', shape: [1, 40, 40, 3] },
        { name: 'hw', type: 'uint8', shape: [1, 60, 60] },
        { name: 'text', type: 'uint8', shape: [1, 900] },
        { name: 'table', type: 'uint8', shape: [30, 30, 1] },
      ],
      [['table', { kind: 'index', below: 5 }]],
    );
    const seen = (name: string) => new Set(dataOf(feeds, name) as Uint8Array);
    for (const name of ['nhwc', 'hw']) {
      expect(seen(name).size).toBe(256);
      const pixels = dataOf(feeds, name) as Uint8Array;
      expect(pixels.reduce((sum, value) => sum + value, 0) / pixels.length).toBeCloseTo(127.5, -1);
    }
    expect(seen('text')).toEqual(new Set([0, 1]));
    expect(seen('table')).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it('depends on the seed, and gives each input other numbers', () => {
    const inputs = [
      { name: 'a', type: 'float32' as const, shape: [4] },
      { name: 'b', type: 'float32' as const, shape: [4] },
    ];
    expect(feedsOf(inputs)).toEqual(feedsOf(inputs));
    expect(feedsOf(inputs)).not.toEqual(feedsOf(inputs, [], 2));
    expect(dataOf(feedsOf(inputs), 'a')).not.toEqual(dataOf(feedsOf(inputs), 'b'));
  });

  it('says of what cannot be fed that it cannot', () => {
    expect(() => feedsOf([{ name: 'x', type: 'complex64', shape: [1] }])).toThrow(ModelError);
    expect(() => feedsOf([{ name: 'x', type: 'float32', shape: [2 ** 20, 2 ** 20] }])).toThrow(
      /smaller dimensions/,
    );
  });
});

describe('roles of inputs', () => {
  it('are found behind casts, in branches and by names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'caliper-roles-'));
    try {
      const path = join(folder, 'model.onnx');
      writeModel(tables(), path);
      const file = openModel(path);
      const inferred = file.infer({ dims: {}, shapes: {} }).graph;
      expect(file.format.profiling?.inputRoles(file, inferred)).toEqual(
        new Map<string, InputRole>([
          ['attention_mask', { kind: 'mask' }],
          ['ids', { kind: 'index', below: 5 }],
          ['rate', { kind: 'choice', value: 8000 }],
        ]),
      );
      expect(modelInputs(inferred).map(({ name, type, shape }) => [name, type, shape])).toEqual([
        ['ids', 'int32', [1, 3]],
        ['rate', 'int64', []],
        ['attention_mask', 'int64', [1]],
        ['other', 'int64', [1]],
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** A table of 9 rows, one of 5 in a branch: an index must fit both. */
function tables() {
  const branch = (name: string, table: string) =>
    create(GraphProtoSchema, {
      name,
      node: [makeNode('Gather', [table, 'flat'], [`${name} out`])],
      output: [makeValueInfo(`${name} out`, 'float32', ['n', 2])],
    });
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 15n }],
    graph: create(GraphProtoSchema, {
      name: 'tables',
      node: [
        makeNode('Cast', ['ids'], ['long'], { to: 7 }),
        makeNode('Reshape', ['long', 'minus one'], ['flat']),
        makeNode('Gather', ['nine', 'flat'], ['rows']),
        makeNode('Equal', ['rate', 'low rate'], ['is low']),
        makeNode('If', ['is low'], ['picked'], {
          then_branch: branch('then', 'five'),
          else_branch: branch('else', 'nine'),
        }),
        makeNode('Add', ['rows', 'picked'], ['y']),
        makeNode('Add', ['attention_mask', 'other'], ['z']),
      ],
      initializer: [
        makeFloatTensor('nine', [9, 2], Array(18).fill(1)),
        makeFloatTensor('five', [5, 2], Array(10).fill(1)),
        makeTensor('minus one', 'int64', [1], new Uint8Array(BigInt64Array.of(-1n).buffer)),
        makeTensor('low rate', 'int64', [], new Uint8Array(BigInt64Array.of(8000n).buffer)),
      ],
      input: [
        makeValueInfo('ids', 'int32', ['batch', 3]),
        makeValueInfo('rate', 'int64', []),
        makeValueInfo('attention_mask', 'int64', [1]),
        makeValueInfo('other', 'int64', [1]),
      ],
      output: [makeValueInfo('y', 'float32', ['n', 2]), makeValueInfo('z', 'int64', [1])],
    }),
  });
}
