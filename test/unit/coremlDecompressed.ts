import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * What the weights of a Core ML file stand for, read by the published specification alone (MIL.proto, Model.proto,
 * NeuralNetwork.proto, MILBlob's storage format, MIL's constexpr operations) and by nothing of the product, so that
 * it can judge the product.
 */

interface Field {
  readonly number: number;
  readonly value: Buffer;
  /** Of a varint. */
  readonly int: number;
}

function fieldsOf(bytes: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        found.push({ number, value: Buffer.alloc(0), int: varint() });
        break;
      case 1:
        found.push({ number, value: bytes.subarray(at, at + 8), int: 0 });
        at += 8;
        break;
      case 5:
        found.push({ number, value: bytes.subarray(at, at + 4), int: 0 });
        at += 4;
        break;
      case 2: {
        const length = varint();
        found.push({ number, value: bytes.subarray(at, at + length), int: 0 });
        at += length;
        break;
      }
      default:
        throw new Error(`wire type ${tag % 8}`);
    }
  }
  return found;
}

const all = (bytes: Buffer, number: number): Field[] =>
  fieldsOf(bytes).filter((one) => one.number === number);
const one = (bytes: Buffer, number: number): Buffer => all(bytes, number)[0]?.value ?? Buffer.alloc(0);
const int = (bytes: Buffer, number: number): number => all(bytes, number)[0]?.int ?? 0;
const at = (bytes: Buffer, ...path: number[]): Buffer => path.reduce(one, bytes);

/** Bits of MIL's data types, and how an element of theirs is read. */
const FLOAT16 = 10;
const FLOAT32 = 11;
const SIGNED = new Map([
  [21, 8],
  [25, 4],
]);
const UNSIGNED = new Map([
  [31, 8],
  [35, 4],
  [36, 2],
  [37, 1],
  [38, 6],
  [39, 3],
]);
const INT32 = 23;
const UINT32 = 33;

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bitsAt(bytes: Buffer, start: number, count: number): number {
  if (count === 8) return bytes[start >> 3] ?? Number.NaN;
  let value = 0;
  for (let bit = 0; bit < count; bit++)
    value += (((bytes[(start + bit) >> 3] ?? 0) >> ((start + bit) & 7)) & 1) * 2 ** bit;
  return value;
}

function elements(type: number, bytes: Buffer, count: number): number[] {
  const read = (i: number): number => {
    if (type === FLOAT32) return bytes.readFloatLE(4 * i);
    if (type === FLOAT16) return half(bytes.readUInt16LE(2 * i));
    if (type === UINT32) return bytes.readUInt32LE(4 * i);
    const signed = SIGNED.get(type);
    if (signed !== undefined) {
      const value = bitsAt(bytes, i * signed, signed);
      return value >= 2 ** (signed - 1) ? value - 2 ** signed : value;
    }
    const unsigned = UNSIGNED.get(type);
    if (unsigned === undefined) throw new Error(`data type ${type}`);
    return bitsAt(bytes, i * unsigned, unsigned);
  };
  return Array.from({ length: count }, (_, i) => read(i));
}

interface Value {
  readonly type: number;
  readonly shape: number[];
  readonly values: number[];
}

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** A MIL Value: type = 2 (tensorType = 1: dataType 1, dimensions 3), immediateValue = 3, blobFileValue = 5. */
function tensorOf(value: Buffer, folder: string): Value | null {
  const tensor = at(value, 2, 1);
  const type = int(tensor, 1);
  const shape = all(tensor, 3).map((dimension) => int(one(dimension.value, 1), 1));
  const blob = all(value, 5)[0];
  if (blob) {
    const file = readFileSync(join(folder, one(blob.value, 1).toString().replace('@model_path/', '')));
    const offset = int(blob.value, 2);
    if (file.readUInt32LE(offset) !== 0xdeadbeef) throw new Error(`no blob at ${offset}`);
    const length = Number(file.readBigUInt64LE(offset + 8));
    const start = Number(file.readBigUInt64LE(offset + 16));
    if (offset % 64 !== 0 || start % 64 !== 0) throw new Error('not aligned');
    return { type, shape, values: elements(type, file.subarray(start, start + length), size(shape)) };
  }
  // floats = 1, ints = 2, bytes = 7, of which each holds values = 1.
  const held = at(value, 3, 1);
  if (type === INT32) {
    const packed = at(held, 2, 1);
    return { type, shape, values: [...packed].slice(0, size(shape)) };
  }
  const bytes = type === FLOAT32 ? at(held, 1, 1) : at(held, 7, 1);
  return type === FLOAT32 || type === FLOAT16 || SIGNED.has(type) || UNSIGNED.has(type) || type === UINT32
    ? { type, shape, values: elements(type, bytes, size(shape)) }
    : null;
}

/** The number of the block that an element lies in, where a tensor is divided into so many along each axis. */
function blockOf(index: number, shape: readonly number[], blocks: readonly number[]): number {
  let rest = index;
  const places = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    places[axis] = rest % (shape[axis] ?? 1);
    rest = Math.floor(rest / (shape[axis] ?? 1));
  }
  return shape.reduce((block, length, axis) => {
    const count = blocks[axis] ?? 1;
    return block * count + Math.floor((places[axis] ?? 0) / (length / count));
  }, 0);
}

/** Rounds to what the operation gives. */
function toType(type: number, value: number): number {
  if (type === FLOAT32) return Math.fround(value);
  if (type !== FLOAT16 || value === 0) return value;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -14);
  const unit = 2 ** (exponent - 10);
  const scaled = value / unit;
  const near = Math.round(scaled);
  return (near - scaled === 0.5 && near % 2 !== 0 ? near - 1 : near) * unit;
}

/** The constants of a package's main function and of blocks in it, compressed or not, by name. */
export function programWeights(path: string): Map<string, Float64Array> {
  const folder = join(path, 'Data/com.apple.CoreML');
  // Model.mlProgram = 502, functions = 2, value = 2, block_specializations = 3, value = 2.
  const block = at(readFileSync(join(folder, 'model.mlmodel')), 502, 2, 2, 3, 2);
  const known = new Map<string, Value>();
  readBlock(block, folder, known);
  return new Map([...known].map(([name, { values }]) => [name, Float64Array.from(values)]));
}

/** Block.operations = 3, Operation.blocks = 4. */
function readBlock(block: Buffer, folder: string, known: Map<string, Value>): void {
  for (const { value: operation } of all(block, 3)) {
    for (const { value: inside } of all(operation, 4)) readBlock(inside, folder, known);
    const type = one(operation, 1).toString();
    const outputs = all(operation, 3).map(({ value }) => ({
      name: one(value, 1).toString(),
      type: int(at(value, 2, 1), 1),
      shape: all(at(value, 2, 1), 3).map((dimension) => int(one(dimension.value, 1), 1)),
    }));
    if (type !== 'const' && !type.startsWith('constexpr_')) continue;
    const operands = new Map<string, Value>();
    for (const { value: entry } of all(operation, 5)) {
      const value = tensorOf(one(entry, 2), folder);
      if (value) operands.set(one(entry, 1).toString(), value);
    }
    for (const { value: entry } of all(operation, 2)) {
      const binding = at(entry, 2, 1);
      const named = all(binding, 1)[0];
      const value = named ? known.get(named.value.toString()) : tensorOf(one(binding, 2), folder);
      if (value) operands.set(one(entry, 1).toString(), value);
    }
    const last = outputs.at(-1);
    if (last === undefined) continue;
    const made = type === 'const' ? operands.get('val') : decompress(type, operands, last);
    if (made) known.set(last.name, { ...made, type: last.type });
    const [first] = outputs;
    const mask = operands.get('data_mask') ?? operands.get('indices_mask');
    if (outputs.length === 2 && first && mask) known.set(first.name, mask);
  }
}

function decompress(
  type: string,
  operands: ReadonlyMap<string, Value>,
  output: { type: number; shape: number[] },
): Value {
  const get = (name: string): Value => {
    const found = operands.get(name);
    if (!found) throw new Error(`${type} has no ${name}`);
    return found;
  };
  const { shape } = output;
  const result = (values: number[]): Value => ({
    type: output.type,
    shape,
    values: values.map((value) => toType(output.type, value)),
  });
  switch (type) {
    case 'constexpr_cast':
      return result(get('source_val').values);
    case 'constexpr_affine_dequantize': {
      const [data, scale, zero] = ['quantized_data', 'scale', 'zero_point'].map(get);
      const axis = get('axis').values[0] ?? 0;
      const blocks = shape.map((_, index) => (index === axis ? (scale?.values.length ?? 1) : 1));
      return result(
        (data?.values ?? []).map((value, i) => {
          const block = blockOf(i, shape, blocks);
          return (
            (scale?.values[block] ?? Number.NaN) *
            (value - (zero?.values[zero.values.length === 1 ? 0 : block] ?? Number.NaN))
          );
        }),
      );
    }
    case 'constexpr_blockwise_shift_scale': {
      const scale = get('scale');
      return result(
        get('data').values.map(
          (value, i) => value * (scale.values[blockOf(i, shape, scale.shape)] ?? Number.NaN),
        ),
      );
    }
    case 'constexpr_lut_to_dense': {
      const lut = get('lut');
      if (lut.shape.length === 1) {
        const bits = Math.log2(lut.values.length);
        const bytes = Buffer.from(get('indices').values);
        return result(
          Array.from(
            { length: size(shape) },
            (_, i) => lut.values[bitsAt(bytes, i * bits, bits)] ?? Number.NaN,
          ),
        );
      }
      const entries = lut.shape.at(-2) ?? 0;
      const blocks = lut.shape.slice(0, -2);
      return result(
        get('indices').values.map(
          (index, i) => lut.values[blockOf(i, shape, blocks) * entries + index] ?? Number.NaN,
        ),
      );
    }
    case 'constexpr_lut_to_sparse': {
      const [lut, mask, indices] = [get('lut'), get('indices_mask'), get('indices_nonzero_data')];
      const entries = lut.shape.at(-2) ?? 0;
      const places = mask.values.flatMap((bit, i) => (bit === 1 ? [i] : []));
      return result(
        indices.values.map((index, i) => {
          const block = blockOf(places[i] ?? Number.NaN, mask.shape, lut.shape.slice(0, -2));
          return lut.values[block * entries + index] ?? Number.NaN;
        }),
      );
    }
    case 'constexpr_sparse_blockwise_shift_scale': {
      const [scale, mask, data] = [get('scale'), get('data_mask'), get('nonzero_data')];
      const places = mask.values.flatMap((bit, i) => (bit === 1 ? [i] : []));
      return result(
        data.values.map(
          (value, i) =>
            value * (scale.values[blockOf(places[i] ?? Number.NaN, mask.shape, scale.shape)] ?? Number.NaN),
        ),
      );
    }
    case 'constexpr_sparse_to_dense': {
      const mask = get('mask');
      const bytes = Buffer.from(mask.values);
      const packed = mask.shape.length === 1 && mask.shape[0] !== size(shape);
      const nonzero = get('nonzero_data').values;
      let next = 0;
      return result(
        Array.from({ length: size(shape) }, (_, i) =>
          (packed ? bitsAt(bytes, i, 1) : mask.values[i]) === 1 ? (nonzero[next++] ?? Number.NaN) : 0,
        ),
      );
    }
    default:
      throw new Error(type);
  }
}

/**
 * Weights of the convolutions (100: weights = 90) and products (140: weights = 20) of a classifier that is a neural
 * network (403), by layer.
 */
export function networkWeights(path: string): Map<string, Float64Array> {
  const result = new Map<string, Float64Array>();
  for (const { value: layer } of all(at(readFileSync(path), 403), 1)) {
    const name = one(layer, 1).toString();
    const weights = [at(layer, 100, 90), at(layer, 140, 20)].find((found) => found.length > 0);
    if (weights === undefined) continue;
    const floats = one(weights, 1);
    const halves = one(weights, 2);
    const raw = one(weights, 30);
    if (floats.length > 0) result.set(name, Float64Array.from(elements(FLOAT32, floats, floats.length / 4)));
    else if (halves.length > 0)
      result.set(name, Float64Array.from(elements(FLOAT16, halves, halves.length / 2)));
    else {
      const quantization = one(weights, 40);
      const bits = int(quantization, 1);
      const count = Math.floor((raw.length * 8) / bits);
      const stored = Array.from({ length: count }, (_, i) => {
        let value = 0;
        for (let bit = i * bits; bit < (i + 1) * bits; bit++)
          value = value * 2 + (((raw[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
        return value;
      });
      const table = at(quantization, 102, 1);
      const [scale, bias] = [at(quantization, 101, 1), at(quantization, 101, 2)];
      const channels = scale.length / 4;
      result.set(
        name,
        Float64Array.from(stored, (value, i) => {
          if (table.length > 0) return table.readFloatLE(4 * value);
          const channel = Math.floor(i / (count / channels)) * 4;
          return Math.fround(value * scale.readFloatLE(channel) + bias.readFloatLE(channel));
        }),
      );
    }
  }
  return result;
}
