import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { makeModel, reopen, scratchFolder } from '../../../../test/unit/support';
import { ModelError } from '../../../model/modelError';
import { PayloadSchema } from '../../protobuf/payload_pb';
import { AttributeType } from '../attributeType';
import type { OnnxFile } from '../file';
import { onnx } from '../format';
import { AttributeProtoSchema, type GraphProto, GraphProtoSchema, TensorProtoSchema } from '../onnx_pb';
import { makeFloatTensor, makeNode, makeTensor, makeValueInfo } from '../writing/make';
import { scanModel } from './scanner';
import { tensorsOf } from './tensors';

const folder = scratchFolder();
let files = 0;

/** A length-delimited field. */
function field(number: number, ...content: (Uint8Array | number[])[]): Buffer {
  const body = Buffer.concat(content.map((part) => Uint8Array.from(part)));
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A number field. */
const number = (no: number, value: number | bigint) => Buffer.concat([varint(no * 8), varint(value)]);

function file(...parts: Uint8Array[]): string {
  const path = join(folder, `scan${files++}.onnx`);
  writeFileSync(path, Buffer.concat([number(1, 8), ...parts]));
  return path;
}

/** A model with one initializer, made of these fields. */
const withTensor = (...tensor: Uint8Array[]) => file(field(7, field(5, ...tensor)));

function onlyTensor(path: string) {
  const opened = onnx.open(path);
  const [proto] = tensorsOf(opened.proto);
  if (!proto) throw new Error('no tensor');
  return { opened, proto, bytes: opened.tensorBytes(proto) };
}

describe('payloads', () => {
  it('are stepped over when they are large, and their place is kept', () => {
    const values = Array.from({ length: 5000 }, (_, i) => i);
    const opened = reopen(makeModel({ initializer: [makeFloatTensor('w', [5000], values)] }), folder);
    const [proto] = tensorsOf(opened.proto);
    const tensor = opened.model.graph.constants.get('w');
    expect(proto?.rawData).toHaveLength(0);
    expect(tensor?.location?.length).toBe(20000);
    const { offset, length } = tensor?.location ?? { offset: 0, length: 0 };
    expect(readFileSync(opened.path).subarray(offset, offset + length)).toEqual(
      Buffer.from(Float32Array.from(values).buffer),
    );
    expect(tensor && [...opened.readTensor(tensor, 3).values]).toEqual([0, 1, 2]);
    expect(tensor && opened.readTensor(tensor).complete).toBe(true);
  });

  it('keep the order of their pieces', () => {
    const piece = (from: number, count: number) =>
      field(4, new Uint8Array(Float32Array.from({ length: count }, (_, i) => from + i).buffer));
    const { opened, bytes } = onlyTensor(
      withTensor(
        number(1, 2003),
        number(2, 1),
        piece(0, 2000),
        piece(2000, 1),
        piece(2001, 2),
        field(8, [119]),
      ),
    );
    expect([...new Float32Array(bytes.buffer)]).toEqual(Array.from({ length: 2003 }, (_, i) => i));
    expect(opened.model.problems).toEqual([]);
  });

  it.each([
    [
      'float_data',
      1,
      (v: number) => Buffer.concat([varint(4 * 8 + 5), Buffer.from(Float32Array.of(v).buffer)]),
    ],
    [
      'double_data',
      11,
      (v: number) => Buffer.concat([varint(10 * 8 + 1), Buffer.from(Float64Array.of(v).buffer)]),
    ],
    ['int64_data', 7, (v: number) => number(7, v)],
    ['int32_data', 6, (v: number) => number(5, v)],
  ])('unpacked in %s are kept', (_, type, encode) => {
    const values = Array.from({ length: 1500 }, (_, i) => i * 3 - (type === 7 || type === 6 ? 2000 : 0));
    const path = withTensor(number(1, 1500), number(2, type), ...values.map(encode), field(8, [119]));
    const { opened } = onlyTensor(path);
    expect(opened.model.problems).toEqual([]);
    const read = (one: OnnxFile) => {
      const tensor = one.model.graph.constants.get('w');
      return tensor && [...one.readTensor(tensor).values];
    };
    expect(read(opened)).toEqual(values);
    const target = join(folder, `packed${files++}.onnx`);
    opened.write(target);
    expect(read(onnx.open(target))).toEqual(values);
  });

  it.each([
    ['int32_data of 16 bits', 5, 10, [0x3c00n, 0xc000n], [1, -2]],
    ['int32_data of 8 bits', 5, 3, [-1n, 127n], [-1, 127]],
    ['int64_data', 7, 7, [-(2n ** 53n), 5n], [-(2 ** 53), 5]],
    ['uint64_data', 11, 13, [2n ** 63n, 1n], [2 ** 63, 1]],
    ['uint64_data of uint32', 11, 12, [2n ** 32n - 1n, 1n], [2 ** 32 - 1, 1]],
  ])('packed varints of %s are read', (_, no, type, stored, expected) => {
    const path = withTensor(number(1, 2), number(2, type), field(no, ...stored.map(varint)), field(8, [119]));
    const opened = onnx.open(path);
    const tensor = opened.model.graph.constants.get('w');
    expect(opened.model.problems).toEqual([]);
    expect(tensor && [...opened.readTensor(tensor).values]).toEqual(expected);
  });

  it('cannot be smuggled in: the field for places on disk is ours', () => {
    const place = toBinary(
      PayloadSchema,
      create(PayloadSchema, { path: '/etc/passwd', length: 16n, field: 9 }),
    );
    const path = withTensor(number(1, 16), number(2, 2), field(536870911, place), field(8, [119]));
    const opened = onnx.open(path);
    expect([...tensorsOf(opened.proto)]).toEqual([]);
    expect(opened.model.problems[0]?.message).toMatch(/field number that it may not/);
  });
});

describe('damage', () => {
  const error = (path: string): ModelError => {
    try {
      scanModel(path);
    } catch (caught) {
      if (caught instanceof ModelError) return caught;
      throw caught;
    }
    throw new Error('was read');
  };

  it('of a length that reaches behind the file is told with its byte', () => {
    const caught = error(file(varint(7 * 8 + 2), varint(1_000_000)));
    expect(caught.offset).toBe(2);
    expect(caught.message).toMatch(/at byte 2 .*1000000 bytes, which reaches beyond the file's/);
  });

  it.each([
    ['a number without an end', Buffer.from([0x08, 0xff]), /breaks off in the middle of a number/],
    ['a number of more than 64 bits', Buffer.from([0x08, ...new Array(11).fill(0xff)]), /more than 64 bits/],
    ['a length above 2^53', Buffer.from([0x3a, ...new Array(9).fill(0xff), 1]), /absurdly large/],
    ['field 0', Buffer.from([0x02, 0x00]), /no field 0/],
    ['a wrong wire type', Buffer.from([7 * 8, 1]), /wrong wire type 0 for ModelProto.graph/],
    ['a fixed number that is cut', Buffer.from([...varint(30 * 8 + 5), 1]), /field 30 that reaches beyond/],
    ['a group without an end', Buffer.from([...varint(30 * 8 + 3), 8, 1]), /breaks off|group/],
    ['a wire type that does not exist', Buffer.from([...varint(30 * 8 + 7), 1]), /wire type 7/],
  ])('as %s is refused', (_, bytes, message) => {
    expect(error(file(bytes)).message).toMatch(message);
  });

  it('of one node leaves the others', () => {
    const good = (name: string) =>
      field(1, field(1, [120]), field(2, Buffer.from(name)), field(4, Buffer.from('Relu')));
    const wrongType = field(1, number(4, 1));
    const path = file(field(7, good('a'), wrongType, good('b'), field(11, field(1, [120]))));
    const { model } = onnx.open(path);
    expect(model.graph.nodes.map((node) => node.name)).toEqual(['a', 'b']);
    expect(model.problems.map((problem) => problem.message)).toEqual([
      expect.stringMatching(/at byte \d+ .*NodeProto\.op_type.* That node is left out\./),
    ]);
    expect(model.problems[0]?.offset).toBeGreaterThan(0);
  });

  it('of packed numbers that end in the middle of one is seen', () => {
    const attribute = field(5, field(1, Buffer.from('axes')), field(8, [1, 0x80]), number(20, 7));
    const path = file(field(7, field(1, field(4, Buffer.from('Relu')), attribute)));
    expect(onnx.open(path).model.problems[0]?.message).toMatch(/ints that ends in the middle of a number/);
  });

  // Decoded, each of these would take gigabytes; all are refused while they are scanned.
  it.each([
    [
      'nodes',
      field(
        7,
        new Uint8Array(8_000_000).map((_, i) => (i % 2 === 0 ? 0x0a : 0)),
      ),
    ],
    [
      'unknown fields',
      field(
        7,
        new Uint8Array(20_000_000).map((_, i) => (i % 2 === 0 ? 0x18 : 1)),
      ),
    ],
    ['numbers', field(7, field(1, field(5, field(8, new Uint8Array(40_000_000).fill(1)))))],
  ])('by millions of %s in a small file is refused', (_, bytes) => {
    expect(error(file(bytes)).message).toMatch(/more than 1 GB of memory/);
  });

  it('by nesting without end is refused', () => {
    let graph: GraphProto = create(GraphProtoSchema, { name: 'innermost' });
    for (let i = 0; i < 60; i++) {
      const attribute = create(AttributeProtoSchema, { name: 'body', type: AttributeType.Graph, g: graph });
      graph = create(GraphProtoSchema, {
        node: [{ opType: 'Loop', output: [`o${i}`], attribute: [attribute] }],
      });
    }
    const path = file(field(7, toBinary(GraphProtoSchema, graph)));
    expect(onnx.open(path).model.problems[0]?.message).toMatch(/nests more than 100 messages/);
  });
});

describe('a tensor that cannot be', () => {
  it.each([
    ['has too few bytes', makeTensor('w', 'float32', [3], new Uint8Array(8)), /has 8 bytes where .* need 12/],
    ['has too many bytes', makeTensor('w', 'int4', [3], new Uint8Array(3)), /has 3 bytes where .* need 2/],
    ['has no data', makeTensor('w', 'float32', [3], new Uint8Array(0)), /has no data/],
    [
      'is absurdly large',
      makeTensor('w', 'float32', [2 ** 40, 2 ** 40], new Uint8Array(4)),
      /impossible shape/,
    ],
    ['has a negative dimension', makeTensor('w', 'float32', [-1], new Uint8Array(4)), /impossible shape/],
    [
      'is of an unknown type',
      create(TensorProtoSchema, { name: 'w', dataType: 99, dims: [1n] }),
      /data type 99/,
    ],
    [
      'keeps its numbers in a field for another type',
      create(TensorProtoSchema, { name: 'w', dataType: 1, dims: [1n], int64Data: [Uint8Array.of(1)] }),
      /field for another type/,
    ],
  ])('because it %s is a problem, and the rest is shown', (_, tensor, message) => {
    const { model } = reopen(
      makeModel({
        input: [makeValueInfo('x', 'float32', [1])],
        output: [makeValueInfo('y', 'float32', [1])],
        initializer: [tensor],
        node: [makeNode('Add', ['x', 'w'], ['y'])],
      }),
      folder,
    );
    expect(model.graph.nodes).toHaveLength(1);
    expect(model.problems.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
  });
});
