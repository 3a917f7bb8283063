import { LIST_ITEMS, STRING_LENGTH } from '../limits';
import { certainItems } from './iterate';
import { broadcast, tensorFrom, tensorsIn } from './tensors';
import { truthOf } from './truth';
import { isCertain, isKind, isScalar, list, python, reasonOf, unknown, type Value } from './values';

/** Python's `left operator right`. */
export function binary(operator: string, left: Value, right: Value): Value {
  const a = number(left);
  const b = number(right);
  if (a !== null && b !== null) return arithmetic(operator, a, b);
  if (isOfTensors(left, right))
    return tensorFrom(operator === '@' ? null : broadcast([left, right]), [left, right].flatMap(tensorsIn));
  if (operator === '+' && typeof left === 'string' && typeof right === 'string')
    return left.length + right.length <= STRING_LENGTH ? left + right : unknown('a text is too long', false);
  if (operator === '+' && isKind(left, 'sequence') && isKind(right, 'sequence')) {
    if (left.items.length + right.items.length > LIST_ITEMS) return unknown('a list is too long');
    const certain = isCertain(left) ? left.items.length + right.certain : left.certain;
    return list([...left.items, ...right.items], left.of, certain);
  }
  if (operator === '*') return repeated(left, b) ?? repeated(right, a) ?? failed(operator, left, right);
  if (operator === '%' && typeof left === 'string') return filledIn(left, right);
  return failed(operator, left, right);
}

function arithmetic(operator: string, a: number, b: number): Value {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? unknown('it divides by zero', false) : a / b;
    case '//':
      return b === 0 ? unknown('it divides by zero', false) : Math.floor(a / b);
    case '%':
      return b === 0 ? unknown('it divides by zero', false) : a - b * Math.floor(a / b);
    case '**':
      return finite(a ** b);
    case '<<':
      return finite(a * 2 ** b);
    case '>>':
      return finite(Math.floor(a / 2 ** b));
    case '&':
      return small(a) && small(b) ? a & b : unknown('a number is too large', false);
    case '|':
      return small(a) && small(b) ? a | b : unknown('a number is too large', false);
    case '^':
      return small(a) && small(b) ? a ^ b : unknown('a number is too large', false);
    default:
      return unknown(`the operator ${operator} is not followed`, false);
  }
}

function finite(value: number): Value {
  return Number.isFinite(value) ? value : unknown('a number is too large', false);
}

function small(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 31;
}

/** Truth values are numbers in Python. */
export function number(value: Value | undefined): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'boolean' ? Number(value) : null;
}

function repeated(value: Value, times: number | null): Value | null {
  if (times === null || !Number.isInteger(times)) return null;
  const count = Math.max(0, times);
  if (typeof value === 'string')
    return value.length * count <= STRING_LENGTH ? value.repeat(count) : unknown('a text is too long', false);
  if (!isKind(value, 'sequence')) return null;
  if (value.items.length * count > LIST_ITEMS) return unknown('a list is too long');
  const items = Array.from({ length: count }, () => value.items).flat();
  return list(items, value.of, value.certain);
}

/** Weights count as tensors here. */
function isOfTensors(...values: readonly Value[]): boolean {
  return values.some((one) => isKind(one, 'tensor') || isKind(one, 'weight'));
}

/** `'layer%d' % i`, the placeholders that names are made with. */
function filledIn(format: string, value: Value): Value {
  const values = isKind(value, 'sequence') && value.of === 'tuple' ? [...value.items] : [value];
  const reason = values.map(reasonOf).find((one) => one !== null);
  if (reason) return unknown(reason);
  if (/%[^sdi%]/.test(format)) return unknown('a text is formatted in a way that is not followed', false);
  return format.replace(/%(.)/g, (_, kind: string) => (kind === '%' ? '%' : text(values.shift() ?? '')));
}

/** `str(value)`. */
export function text(value: Value): string {
  return typeof value === 'string' ? value : python(value, STRING_LENGTH);
}

function failed(operator: string, left: Value, right: Value): Value {
  const reason = reasonOf(left) ?? reasonOf(right);
  // With a number, nothing but numbers and tensors come out; lists and modules can be joined.
  const plain = [left, right].some((one) => number(one) !== null || typeof one === 'string');
  const maybe = !plain && operator !== '-' && operator !== '/' && operator !== '//';
  return unknown(reason ?? `\`${python(left, 20)} ${operator} ${python(right, 20)}\` is not followed`, maybe);
}

export function unary(operator: string, operand: Value): Value {
  if (operator !== 'not' && isKind(operand, 'tensor')) return tensorFrom(operand.shape, [operand]);
  if (operator === 'not') {
    const truth = truthOf(operand);
    return truth === null ? unknown(reasonOf(operand) ?? NOT_FOLLOWED, false) : !truth;
  }
  const value = number(operand);
  if (value === null) return unknown(reasonOf(operand) ?? NOT_FOLLOWED, false);
  if (operator === '-') return -value;
  if (operator === '~' && small(value)) return ~value;
  return operator === '+' ? value : unknown(NOT_FOLLOWED, false);
}

const NOT_FOLLOWED = 'an expression is not followed';

/** `sorted(…)` of numbers; null where the order is not known. */
export function sortedItems(value: Value, named: ReadonlyMap<string, Value>): Value[] | null {
  const items = certainItems(value)?.map(number);
  if (!items?.every((one) => one !== null) || named.has('key')) return null;
  return items.toSorted((a, b) => (named.get('reverse') === true ? b - a : a - b));
}

/** Python's comparison of two values; an unknown value where that does not decide. */
export function compare(operator: string, left: Value, right: Value): Value {
  if (/^[<>=!]/.test(operator) && isOfTensors(left, right))
    return tensorFrom(broadcast([left, right]), [left, right].flatMap(tensorsIn));
  const reason = reasonOf(left) ?? reasonOf(right);
  if (operator === 'in' || operator === 'not in') {
    const found = reason === null ? contains(right, left) : null;
    if (found === null) return unknown(reason ?? NOT_FOLLOWED, false);
    return found === (operator === 'in');
  }
  if (reason !== null) return unknown(reason, false);
  const a = number(left);
  const b = number(right);
  switch (operator) {
    case '==':
    case 'is':
      return same(left, right) ?? unknown(NOT_FOLLOWED, false);
    case '!=':
    case 'is not': {
      const equal = same(left, right);
      return equal === null ? unknown(NOT_FOLLOWED, false) : !equal;
    }
    default:
      if (a !== null && b !== null) return ordered(operator, a, b);
      if (typeof left === 'string' && typeof right === 'string') return ordered(operator, left, right);
      return unknown(NOT_FOLLOWED, false);
  }
}

function ordered<T extends number | string>(operator: string, a: T, b: T): Value {
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  if (operator === '>') return a > b;
  return operator === '>=' ? a >= b : unknown(NOT_FOLLOWED, false);
}

/** Equality; null = not known. */
function same(left: Value, right: Value): boolean | null {
  if (left === right) return true;
  const a = number(left);
  const b = number(right);
  if (a !== null && b !== null) return a === b;
  if (isKind(left, 'bound') || isKind(right, 'bound')) return null;
  if (isScalar(left) || isScalar(right)) return false;
  if (left.kind === 'external' && right.kind === 'external') return left.path === right.path;
  if (left.kind === 'builtin' && right.kind === 'builtin') return left.name === right.name;
  if (left.kind === 'sequence' && right.kind === 'sequence') {
    if (left.items.length !== right.items.length) return false;
    if (left.items.length > 100) return null;
    const each = left.items.map((item, index) => {
      const other = right.items[index];
      return isScalar(item) && isScalar(other) ? item === other : null;
    });
    return each.includes(false) ? false : each.includes(null) ? null : true;
  }
  return left.kind === right.kind && left.kind === 'dict' ? null : false;
}

function contains(holder: Value, value: Value): boolean | null {
  if (typeof holder === 'string') return typeof value === 'string' ? holder.includes(value) : null;
  if (isKind(holder, 'dict'))
    return isScalar(value) ? (holder.entries.has(value) ? true : holder.open ? null : false) : null;
  if (isKind(holder, 'range')) {
    const at = number(value);
    if (at === null) return false;
    const low = holder.step > 0 ? at >= holder.from && at < holder.to : at <= holder.from && at > holder.to;
    return low && (at - holder.from) % holder.step === 0;
  }
  if (!isKind(holder, 'sequence')) return null;
  const each = holder.items.map((item) => (isKind(item, 'unknown') ? null : same(item, value)));
  return each.includes(true) ? true : each.includes(null) || !isCertain(holder) ? null : false;
}
