import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Builder, ByteBuffer } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../../../test/unit/support';
import { ModelError } from '../../model/modelError';
import { seededRandom } from '../../runtime/random';
import { decodeModel } from './decode';
import { writeTables } from './encode';
import { OPTION_UNIONS } from './optionsSchema';
import { fieldsOf, idsOf, type ScalarType } from './schema';
import type { Table, Union } from './tables';

/**
 * Files of a schema newer than ours, made and read by the flatbuffers library: every table has fields behind those
 * that we know.
 */
const folder = scratchFolder();

/** What a made-up newer schema adds to each table; `id` counts from the first number that ours does not have. */
interface Extra {
  flag: boolean;
  count: number;
  large: bigint;
  ratio: number;
  title: string;
  numbers: number[];
  names: string[];
  inner: { depth: number; note: string };
  list: { depth: number; note: string }[];
}

/** @param seed gives every table other values */
function extraOf(seed: number): Extra {
  const inner = (depth: number) => ({ depth: 4 * depth + 3, note: `note ${seed} ${depth}` });
  return {
    flag: true,
    // No multiple of 4, and so no distance to anything.
    count: 4 * seed + 1,
    large: 2n ** 61n + BigInt(seed),
    ratio: seed / 7,
    title: `title of ${seed}`,
    numbers: Array.from({ length: 1 + (seed % 4) }, (_, index) => seed * 1000 + index),
    names: ['a', 'bc', `name ${seed}`],
    inner: inner(seed),
    list: [inner(1), inner(2)],
  };
}

const WRITERS: Record<ScalarType, (builder: Builder, id: number, value: number) => void> = {
  bool: (builder, id, value) => builder.addFieldInt8(id, value, 2),
  byte: (builder, id, value) => builder.addFieldInt8(id, value, -128),
  ubyte: (builder, id, value) => builder.addFieldInt8(id, value, -1),
  short: (builder, id, value) => builder.addFieldInt16(id, value, -1),
  ushort: (builder, id, value) => builder.addFieldInt16(id, value, -1),
  int: (builder, id, value) => builder.addFieldInt32(id, value, -12345),
  uint: (builder, id, value) => builder.addFieldInt32(id, value, -12345),
  float: (builder, id, value) => builder.addFieldFloat32(id, value, -12345),
  double: (builder, id, value) => builder.addFieldFloat64(id, value, -12345),
  long: (builder, id, value) => builder.addFieldInt64(id, BigInt(value), -12345n),
  ulong: (builder, id, value) => builder.addFieldInt64(id, BigInt(value), -12345n),
};

function vector(builder: Builder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4);
  for (const offset of [...offsets].reverse()) builder.addOffset(offset);
  return builder.endVector();
}

function ints(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of [...values].reverse()) builder.addInt32(value);
  return builder.endVector();
}

function inner(builder: Builder, { depth, note }: Extra['inner']): number {
  const text = builder.createString(note);
  builder.startObject(2);
  builder.addFieldInt32(0, depth, 0);
  builder.addFieldOffset(1, text, 0);
  return builder.endObject();
}

/** Writes a table with what `known` says and the extra fields of its number; scalars and references alike. */
class NewerWriter {
  readonly builder = new Builder(1024);
  #tables = 0;

  constructor(readonly extras: typeof extraOf) {}

  table(name: string, known: Table): number {
    const { builder } = this;
    const extra = this.extras(++this.#tables);
    const first = Math.max(-1, ...idsOf(name)) + 1;
    const references = new Map<number, number>();
    for (const { id, key, type } of fieldsOf(name)) {
      const value = known[key];
      if (value === undefined) continue;
      if (type.kind === 'string') references.set(id, builder.createString(value as string));
      if (type.kind === 'scalars') references.set(id, ints(builder, value as number[]));
      if (type.kind === 'table') references.set(id, this.table(type.table, value as Table));
      if (type.kind === 'tables')
        references.set(
          id,
          vector(
            builder,
            (value as Table[]).map((one) => this.table(type.table, one)),
          ),
        );
      if (type.kind === 'union')
        references.set(id + 1, this.table((value as Union).table, (value as Union).value as Table));
    }
    const title = builder.createString(extra.title);
    const numbers = ints(builder, extra.numbers);
    const names = vector(
      builder,
      extra.names.map((one) => builder.createString(one)),
    );
    const one = inner(builder, extra.inner);
    const list = vector(
      builder,
      extra.list.map((item) => inner(builder, item)),
    );
    builder.startObject(first + 9);
    for (const { id, key, type } of fieldsOf(name)) {
      const value = known[key];
      if (value !== undefined && type.kind === 'scalar') WRITERS[type.scalar](builder, id, Number(value));
      if (value !== undefined && type.kind === 'union')
        builder.addFieldInt8(id, type.members.indexOf((value as Union).table) + 1, 0);
    }
    for (const [id, offset] of references) builder.addFieldOffset(id, offset, 0);
    builder.addFieldInt8(first, Number(extra.flag), 0);
    builder.addFieldInt32(first + 1, extra.count, 0);
    builder.addFieldInt64(first + 2, extra.large, 0n);
    builder.addFieldFloat64(first + 3, extra.ratio, 0);
    for (const [place, offset] of [title, numbers, names, one, list].entries())
      builder.addFieldOffset(first + 4 + place, offset, 0);
    return builder.endObject();
  }
}

/** Reads the extra fields of all tables, in the order in which references lead to them. */
function readExtras(bytes: Uint8Array): Map<string, Extra[]> {
  const buffer = new ByteBuffer(bytes);
  const all = new Map<string, Extra[]>();
  const string = (at: number) => buffer.__string(at) as string;
  const each = <T>(at: number, read: (element: number) => T) =>
    Array.from({ length: buffer.__vector_len(at) }, (_, index) => read(buffer.__vector(at) + 4 * index));
  const readInner = (at: number) => ({
    depth: buffer.readInt32(at + buffer.__offset(at, 4)),
    note: string(at + buffer.__offset(at, 6)),
  });
  const visit = (name: string, at: number): void => {
    const place = (id: number) => {
      const offset = buffer.__offset(at, 4 + 2 * id);
      return offset === 0 ? null : at + offset;
    };
    const first = Math.max(-1, ...idsOf(name)) + 1;
    const extra = (index: number) => {
      const found = place(first + index);
      if (found === null) throw new Error(`${name} lost its extra field ${index}`);
      return found;
    };
    const found: Extra = {
      flag: buffer.readInt8(extra(0)) !== 0,
      count: buffer.readInt32(extra(1)),
      large: buffer.readInt64(extra(2)),
      ratio: buffer.readFloat64(extra(3)),
      title: string(extra(4)),
      numbers: each(extra(5), (element) => buffer.readInt32(element)),
      names: each(extra(6), string),
      inner: readInner(buffer.__indirect(extra(7))),
      list: each(extra(8), (element) => readInner(buffer.__indirect(element))),
    };
    all.set(name, [...(all.get(name) ?? []), found]);
    for (const { id, type } of fieldsOf(name)) {
      const to = place(id);
      if (to === null) continue;
      if (type.kind === 'table') visit(type.table, buffer.__indirect(to));
      if (type.kind === 'tables') each(to, (element) => visit(type.table, buffer.__indirect(element)));
      if (type.kind === 'union') {
        const value = place(id + 1);
        const member = type.members[buffer.readUint8(to) - 1];
        if (value !== null && member !== undefined) visit(member, buffer.__indirect(value));
      }
    }
  };
  visit('Model', buffer.readInt32(buffer.position()) + buffer.position());
  return all;
}

const OPTIONS = [
  ...OPTION_UNIONS.BuiltinOptions.map((table) => ({ union: 'builtinOptions', table })),
  ...OPTION_UNIONS.BuiltinOptions2.map((table) => ({ union: 'builtinOptions2', table })),
];

/** Every table of the schema of models at least once. */
const MODEL: Table = {
  version: 3,
  operatorCodes: [
    { builtinCode: 3, version: 2 },
    { customCode: 'mine', deprecatedBuiltinCode: 32 },
  ],
  description: 'a model',
  buffers: [{}, {}],
  metadata: [{ name: 'about', buffer: 1 }],
  signatureDefs: [
    {
      signatureKey: 'run',
      inputs: [{ name: 'x', tensorIndex: 0 }],
      outputs: [{ name: 'y', tensorIndex: 1 }],
    },
  ],
  externalBufferGroups: [{ name: 'group' }],
  externalBuffers: [{ id: 1, length: 9, packing: 'raw' }],
  subgraphs: [
    {
      name: 'main',
      inputs: [0],
      outputs: [1],
      tensors: [
        {
          name: 'x',
          shape: [1, 2, 3],
          quantization: {
            quantizedDimension: 2,
            details: { table: 'BlockwiseQuantization', value: { scales: 1, blockSize: 32 } },
          },
          sparsity: {
            blockMap: [0, 1],
            dimMetadata: [
              { denseSize: 3, arraySegments: { table: 'Int32Vector', value: { values: [1, 2] } } },
            ],
          },
          variantTensors: [{ shape: [4], hasRank: true }],
        },
        { name: 'y', shape: [1], type: 9 },
      ],
      operators: [
        {
          inputs: [0],
          outputs: [1],
          builtinOptions: { table: 'Conv2DOptions', value: { strideW: 2, strideH: 1 } },
        },
        { opcodeIndex: 1, inputs: [1], outputs: [1] },
        // Two of each, which say more than one.
        ...[...OPTIONS, ...OPTIONS].map(({ union, table }) => ({ [union]: { table, value: {} } })),
      ],
    },
  ],
};

/** Some tables of each kind. */
const SMALL: Table = {
  operatorCodes: [{ builtinCode: 3 }, { builtinCode: 4 }],
  subgraphs: [
    { tensors: [{ name: 'x', shape: [1] }, { name: 'y' }], operators: [{ inputs: [0] }, { inputs: [1] }] },
  ],
};

function newerModel(extras = extraOf, model = MODEL): Uint8Array {
  const writer = new NewerWriter(extras);
  writer.builder.finish(writer.table('Model', model), 'TFL3');
  return writer.builder.asUint8Array();
}

describe('fields of a newer schema', () => {
  it('stay in every table when a model is written anew', () => {
    const path = join(folder, 'newer.tflite');
    const copy = join(folder, 'copy.tflite');
    const bytes = newerModel();
    writeFileSync(path, bytes);
    const decoded = decodeModel(path);
    expect(decoded.problems).toEqual([]);
    writeTables(decoded.root, copy);
    const before = readExtras(bytes);
    // 17 kinds of tables of a model, and the options of all operators.
    expect([...before.keys()]).toHaveLength(17 + new Set(OPTIONS.map(({ table }) => table)).size);
    expect(readExtras(readFileSync(copy))).toEqual(before);
  });

  it('stay in a table that was changed', () => {
    const path = join(folder, 'newer2.tflite');
    const copy = join(folder, 'copy2.tflite');
    const bytes = newerModel();
    writeFileSync(path, bytes);
    const { root } = decodeModel(path);
    const [main = {}] = root.subgraphs ?? [];
    const tensors = main.tensors?.map((tensor) => ({ ...tensor, type: 1 }));
    writeTables({ ...root, subgraphs: [{ ...main, ...(tensors && { tensors }) }] }, copy);
    const written = decodeModel(copy).root.subgraphs?.[0]?.tensors;
    expect(written?.map(({ type }) => type)).toEqual([1, 1]);
    expect(readExtras(readFileSync(copy)).get('Tensor')).toEqual(readExtras(bytes).get('Tensor'));
  });

  it('are kept, or the model is refused, where numbers look like references', () => {
    const refused = Array.from({ length: 12 }, (_, index) => {
      const random = seededRandom(index);
      const small = () => 4 * Math.floor(400 * random());
      const odd = (seed: number): Extra => {
        const extra = extraOf(seed);
        return {
          ...extra,
          count: small(),
          inner: { ...extra.inner, depth: small() },
          large: BigInt(small()),
        };
      };
      const bytes = newerModel(odd, SMALL);
      const path = join(folder, `looks${index}.tflite`);
      const copy = join(folder, `looksCopy${index}.tflite`);
      writeFileSync(path, bytes);
      try {
        writeTables(decodeModel(path).root, copy);
      } catch (error) {
        expect(error, `seed ${index}`).toBeInstanceOf(ModelError);
        return true;
      }
      expect(readExtras(readFileSync(copy)), `seed ${index}`).toEqual(readExtras(bytes));
      return false;
    });
    expect(refused).toContain(false);
  });

  it('may be a member of a union that ours does not have', () => {
    const builder = new Builder(64);
    const options = inner(builder, { depth: 5, note: 'new options' });
    builder.startObject(11);
    builder.addFieldInt8(3, 120 + 100, 0);
    builder.addFieldOffset(4, options, 0);
    const operators = vector(builder, [builder.endObject()]);
    builder.startObject(4);
    builder.addFieldOffset(3, operators, 0);
    const subgraphs = vector(builder, [builder.endObject()]);
    builder.startObject(3);
    builder.addFieldOffset(2, subgraphs, 0);
    builder.finish(builder.endObject(), 'TFL3');
    const path = join(folder, 'union.tflite');
    writeFileSync(path, builder.asUint8Array());
    const copy = join(folder, 'unionCopy.tflite');
    writeTables(decodeModel(path).root, copy);
    const buffer = new ByteBuffer(readFileSync(copy));
    const follow = (at: number, id: number) => at + buffer.__offset(at, 4 + 2 * id);
    const only = (vectorAt: number) => buffer.__indirect(buffer.__vector(vectorAt));
    const model = buffer.__indirect(0);
    const operator = only(follow(only(follow(model, 2)), 3));
    expect(buffer.readUint8(follow(operator, 3))).toBe(220);
    const value = buffer.__indirect(follow(operator, 4));
    expect(buffer.readInt32(follow(value, 0))).toBe(5);
    expect(buffer.__string(follow(value, 1))).toBe('new options');
  });

  it('are kept bit by bit where numbers of 64 bits are more than JavaScript tells apart', () => {
    const seed = 2n ** 62n + 1n;
    const path = join(folder, 'seed.tflite');
    const copy = join(folder, 'seedCopy.tflite');
    writeTables(
      { subgraphs: [{ operators: [{ builtinOptions: { table: 'RandomOptions', value: { seed: 1 } } }] }] },
      path,
    );
    const bytes = readFileSync(path);
    const at = Buffer.from(bytes).indexOf(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), 8);
    new DataView(bytes.buffer, bytes.byteOffset).setBigInt64(at, seed, true);
    const odd = join(folder, 'odd.tflite');
    writeFileSync(odd, bytes);
    writeTables(decodeModel(odd).root, copy);
    const written = Buffer.from(readFileSync(copy));
    const expected = Buffer.alloc(8);
    expected.writeBigInt64LE(seed);
    expect(written.includes(expected)).toBe(true);
  });
});
