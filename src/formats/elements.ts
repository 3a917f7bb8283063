import { BITS, type DataType } from '../model/dataType';
import { fromBfloat16s, fromHalves } from '../model/float16';
import { ModelError } from '../model/modelError';

/**
 * Decodes packed little-endian elements as numbers: Float32Array where that holds every value of the type, else
 * Float64Array (64-bit integers may lose digits). Complex numbers give their absolute value, booleans 0 or 1.
 *
 * @throws ModelError for strings, and when there are fewer bytes than `count` elements take.
 */
export function decodeElements(
  type: DataType,
  bytes: Uint8Array,
  count: number,
): Float32Array | Float64Array {
  if (type === 'string') throw new ModelError('Strings have no numbers to show.');
  const bits = BITS[type];
  if (bytes.length < Math.ceil((count * bits) / 8)) {
    throw new ModelError(`${bytes.length} bytes are too few for ${count} elements of ${type}.`);
  }
  const decode = DECODERS[type];
  return decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), count, bytes);
}

type Decoder = (view: DataView, count: number, bytes: Uint8Array) => Float32Array | Float64Array;

const DECODERS: Readonly<Record<Exclude<DataType, 'string'>, Decoder>> = {
  float64: (view, count) => doubles(count, (i) => view.getFloat64(8 * i, true)),
  float32: (_, count, bytes) => new Float32Array(bytes.slice(0, 4 * count).buffer),
  float16: (_, count, bytes) => fromHalves(words(bytes, count)),
  bfloat16: (_, count, bytes) => fromBfloat16s(words(bytes, count)),
  float8e4m3fn: byteTable((code) => small(code, 4, 3, 7, (code & 127) === 127)),
  float8e4m3fnuz: byteTable((code) => small(code, 4, 3, 8, code === 128)),
  float8e5m2: byteTable((code) => ieee(code, 5, 2)),
  float8e5m2fnuz: byteTable((code) => small(code, 5, 2, 16, code === 128)),
  float8e8m0: byteTable((code) => (code === 255 ? Number.NaN : 2 ** (code - 127))),
  float4e2m1: packed(4, (code) => small(code, 2, 1, 1, false)),
  int64: (view, count) => doubles(count, (i) => Number(view.getBigInt64(8 * i, true))),
  uint64: (view, count) => doubles(count, (i) => Number(view.getBigUint64(8 * i, true))),
  int32: (view, count) => doubles(count, (i) => view.getInt32(4 * i, true)),
  uint32: (view, count) => doubles(count, (i) => view.getUint32(4 * i, true)),
  int16: (view, count) => floats(count, (i) => view.getInt16(2 * i, true)),
  uint16: (view, count) => floats(count, (i) => view.getUint16(2 * i, true)),
  int8: (view, count) => floats(count, (i) => view.getInt8(i)),
  uint8: (view, count) => floats(count, (i) => view.getUint8(i)),
  bool: (view, count) => floats(count, (i) => (view.getUint8(i) === 0 ? 0 : 1)),
  int4: packed(4, (code) => (code ^ 8) - 8),
  uint4: packed(4, (code) => code),
  int2: packed(2, (code) => (code ^ 2) - 2),
  uint2: packed(2, (code) => code),
  uint1: packed(1, (code) => code),
  uint3: stream(3),
  uint5: stream(5),
  uint6: stream(6),
  uint7: stream(7),
  complex64: (view, count) =>
    doubles(count, (i) => Math.hypot(view.getFloat32(8 * i, true), view.getFloat32(8 * i + 4, true))),
  complex128: (view, count) =>
    doubles(count, (i) => Math.hypot(view.getFloat64(16 * i, true), view.getFloat64(16 * i + 8, true))),
};

function floats(count: number, at: (index: number) => number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = at(i);
  return values;
}

function doubles(count: number, at: (index: number) => number): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = at(i);
  return values;
}

function looked(table: Float32Array, count: number, code: (index: number) => number): Float32Array {
  return floats(count, (i) => table[code(i)] ?? Number.NaN);
}

/** Only to be read: copied where typed arrays cannot lie as the bytes do. */
function words(bytes: Uint8Array, count: number): Uint16Array {
  const { buffer, byteOffset } = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice(0, 2 * count);
  return new Uint16Array(buffer, byteOffset, count);
}

function byteTable(value: (code: number) => number): Decoder {
  let table: Float32Array | null = null;
  return (view, count) => {
    table ??= Float32Array.from({ length: 256 }, (_, code) => value(code));
    return looked(table, count, (i) => view.getUint8(i));
  };
}

/** Types below 8 bits: the first element lies in the lowest bits of a byte. */
function packed(bits: number, value: (code: number) => number): Decoder {
  const each = 8 / bits;
  const mask = (1 << bits) - 1;
  const table = Float32Array.from({ length: 1 << bits }, (_, code) => value(code));
  return (view, count) =>
    looked(table, count, (i) => (view.getUint8(Math.floor(i / each)) >> (bits * (i % each))) & mask);
}

/** Types whose elements reach over bytes: a stream of bits, each byte from its lowest bit on. */
function stream(bits: number): Decoder {
  const mask = (1 << bits) - 1;
  return (_, count, bytes) =>
    floats(count, (i) => {
      const start = i * bits;
      const at = start >> 3;
      return (((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) >> (start & 7)) & mask;
    });
}

/** A float without infinities: sign, exponent with `bias`, mantissa, subnormals at exponent 0. */
function small(code: number, exponentBits: number, mantissaBits: number, bias: number, nan: boolean): number {
  if (nan) return Number.NaN;
  const sign = (code >> (exponentBits + mantissaBits)) & 1 ? -1 : 1;
  const exponent = (code >> mantissaBits) & ((1 << exponentBits) - 1);
  const fraction = (code & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

/** A float as IEEE 754 builds them: the highest exponent is infinity or not a number. */
function ieee(code: number, exponentBits: number, mantissaBits: number): number {
  const highest = (1 << exponentBits) - 1;
  if (((code >> mantissaBits) & highest) === highest) {
    if ((code & ((1 << mantissaBits) - 1)) !== 0) return Number.NaN;
    return (code >> (exponentBits + mantissaBits)) & 1 ? -Infinity : Infinity;
  }
  return small(code, exponentBits, mantissaBits, (1 << (exponentBits - 1)) - 1, false);
}
