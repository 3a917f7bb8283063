import type { Attribute } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { readRange } from '../binary';
import { readFlexbuffer } from './flexbuffer';
import { OPTION_DEFAULTS } from './optionsSchema';
import { type Field, fieldsOf } from './schema';
import type { Bytes, OperatorTable, Union, Value } from './tables';

/** Custom options are a few numbers; a compiled model in their place is not read (CWE-789). */
const MAX_CUSTOM_BYTES = 64 * 1024;

/** An operator's options of this name as a number (enumerations and booleans too); `fallback` where it has none. */
export function numberOption(operator: OperatorTable, key: string, fallback = 0): number {
  const value = optionsOf(operator)?.value[key];
  if (typeof value === 'number') return value;
  return typeof value === 'boolean' ? Number(value) : fallback;
}

/** A list of numbers among an operator's options; undefined where there is none. */
export function numbersOption(operator: OperatorTable, key: string): readonly number[] | undefined {
  const value = optionsOf(operator)?.value[key];
  return Array.isArray(value) && value.every((one) => typeof one === 'number') ? value : undefined;
}

function optionsOf({ builtinOptions, builtinOptions2 }: OperatorTable): Union | undefined {
  return builtinOptions2 ?? builtinOptions;
}

/** The options of an operator by name, those that are not stored with what they then mean. */
export function attributesOf(operator: OperatorTable): Attribute[] {
  const attributes: Attribute[] = [];
  const options = optionsOf(operator);
  if (options !== undefined) {
    for (const field of fieldsOf(options.table)) {
      const value = options.value[field.key] ?? fallback(options.table, field);
      if (value !== null) attributes.push({ name: field.name, value: shown(value, field) });
    }
  }
  if (operator.customOptions !== undefined) attributes.push(...custom(operator.customOptions));
  return attributes;
}

/** Where the absence of a type means that none was chosen, nothing is shown. */
function fallback(table: string, { name, type, names }: Field): number | boolean | null {
  const stated = OPTION_DEFAULTS[`${table}.${name}`];
  if (type.kind !== 'scalar' || name === 'quantized_bias_type') return null;
  if (type.scalar === 'bool') return stated === 1;
  return stated ?? (names === null || names.length > 0 ? 0 : null);
}

function shown(value: Value, { names }: Field): Attribute['value'] {
  if (typeof value === 'number') return names?.[value] ?? shortest(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    return value.every((one) => typeof one === 'number')
      ? value.map((one) => shortest(one))
      : value.map(String);
  }
  return isBytes(value) ? `${value.length} bytes` : 'a table';
}

function isBytes(value: object): value is Bytes {
  return 'length' in value;
}

function custom(bytes: Bytes): Attribute[] {
  const unread: Attribute[] = [{ name: 'custom_options', value: `${bytes.length} bytes` }];
  if (bytes.length === 0) return [];
  if (bytes.length > MAX_CUSTOM_BYTES) return unread;
  try {
    const read = bytes instanceof Uint8Array ? bytes : readRange(bytes.path, bytes.offset, bytes.length);
    return readFlexbuffer(read) ?? unread;
  } catch (error) {
    if (error instanceof ModelError) return unread;
    throw error;
  }
}

/** A number that was stored as a float32, with the digits that tell it from its neighbours. */
export function shortest(value: number): number {
  if (Number.isInteger(value) || Math.fround(value) !== value) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
