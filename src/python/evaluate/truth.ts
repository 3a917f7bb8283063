import { isCertain, isKind, isScalar, reasonOf, type Value } from './values';

/** Whether a value counts as true; null = not known. */
export function truthOf(value: Value): boolean | null {
  if (isScalar(value)) return Boolean(value);
  if (isKind(value, 'external') && reasonOf(value) !== null) return null;
  switch (value.kind) {
    case 'unknown':
    case 'choice':
    case 'tensor':
      return null;
    case 'sequence':
      if (!isCertain(value)) return value.certain > 0 ? true : null;
      return value.items.length > 0;
    case 'dict':
      return value.entries.size > 0 ? true : value.open ? null : false;
    case 'range':
      return value.step > 0 ? value.from < value.to : value.from > value.to;
    case 'container':
      return isCertain(value) ? value.items.length > 0 : value.certain > 0 ? true : null;
    case 'bound':
      // An attribute that is not known looks like a method.
      return value.method === 'training' || typeof value.method !== 'string' ? true : null;
    default:
      return true;
  }
}
