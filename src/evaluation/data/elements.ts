import type { DataType } from '../../model/dataType';
import { fromBfloat16s, fromHalves, toBfloat16s, toHalves } from '../../model/float16';
import { ModelError } from '../../model/modelError';
import type { Quantized, RuntimeData } from '../../runtime/engine';
import { quantizedValues } from '../../runtime/quantizedValues';

export type Numbers = Exclude<RuntimeData, string[]>;

const INTEGER_LIMITS: Partial<Record<DataType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
};

/**
 * Numbers as the array that an engine takes for a type. Integer types round and saturate, floats round to
 * nearest even; 64-bit integers stay exact when they come as such. Where integers stand for real numbers, floats
 * are quantized, and integers taken as they are.
 * @throws ModelError for types that no data file can hold, such as strings.
 */
export function toElements(type: DataType, values: Numbers, quantization?: Quantized): RuntimeData {
  if (quantization !== undefined && (values instanceof Float32Array || values instanceof Float64Array)) {
    const integers = quantizedValues(values, type, quantization);
    if (integers !== null) return integers;
  }
  switch (type) {
    case 'float32':
      return values instanceof Float32Array ? values : Float32Array.from(numbers(values));
    case 'float64':
      return values instanceof Float64Array ? values : Float64Array.from(numbers(values));
    case 'float16':
      return toHalves(numbers(values));
    case 'bfloat16':
      return toBfloat16s(numbers(values));
    case 'bool':
      return Uint8Array.from(numbers(values), (value) => (value === 0 ? 0 : 1));
    case 'int64':
      return values instanceof BigInt64Array ? values : BigInt64Array.from(bigints(values));
    case 'uint64':
      return values instanceof BigUint64Array ? values : BigUint64Array.from(bigints(values));
    case 'int8':
      return saturate(new Int8Array(values.length), type, values);
    case 'uint8':
      return saturate(new Uint8Array(values.length), type, values);
    case 'int16':
      return saturate(new Int16Array(values.length), type, values);
    case 'uint16':
      return saturate(new Uint16Array(values.length), type, values);
    case 'int32':
      return saturate(new Int32Array(values.length), type, values);
    case 'uint32':
      return saturate(new Uint32Array(values.length), type, values);
    default:
      throw new ModelError(`Data files cannot feed inputs of type ${type}.`);
  }
}

function numbers(values: Numbers): ArrayLike<number> {
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float64Array.from(values, Number)
    : values;
}

function bigints(values: Numbers): bigint[] {
  const exact = Array.from<number | bigint>(values as ArrayLike<number | bigint>);
  return exact.map((value) => (typeof value === 'bigint' ? value : BigInt(Math.round(value))));
}

type IntegerArray = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

function saturate(target: IntegerArray, type: DataType, values: Numbers): IntegerArray {
  const [low, high] = INTEGER_LIMITS[type] ?? [0, 0];
  const source = numbers(values);
  for (let i = 0; i < target.length; i++) {
    target[i] = Math.min(high, Math.max(low, Math.round(source[i] ?? Number.NaN)));
  }
  return target;
}

/**
 * Elements stored in little-endian order as numbers; float16 and bfloat16 come as float32.
 * @throws ModelError for types that are not whole bytes of a number.
 */
export function fromBytes(type: DataType, bytes: Uint8Array): Numbers {
  // A copy of its own, because typed arrays need aligned memory.
  const { buffer } = new Uint8Array(bytes);
  switch (type) {
    case 'bool':
    case 'uint8':
      return new Uint8Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'uint16':
      return new Uint16Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'uint64':
      return new BigUint64Array(buffer);
    case 'float16':
      return fromHalves(new Uint16Array(buffer));
    case 'bfloat16':
      return fromBfloat16s(new Uint16Array(buffer));
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    default:
      throw new ModelError(`Data files cannot feed inputs of type ${type}.`);
  }
}
