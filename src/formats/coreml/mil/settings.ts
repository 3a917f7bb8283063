import type { Attribute } from '../../../model/model';

/** A setting that is not given counts as false. */
export function isTrue(value: Attribute['value'] | undefined): boolean {
  return value === 'true';
}

/** A setting that is a number or a list of them; null where it is not given, or is something else. */
export function numbers(value: Attribute['value'] | undefined): readonly number[] | null {
  if (typeof value === 'number') return [value];
  return Array.isArray(value) && value.every((one) => typeof one === 'number') ? value : null;
}
