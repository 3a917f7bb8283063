import { list, unknown, type Value } from '../evaluate/values';
import { numberValue, stringValue } from '../syntax/literals';

export interface SignatureParameter {
  readonly name: string;
  readonly required: boolean;
  readonly default: Value;
}

/**
 * Reads a constructor's signature as the framework's documentation writes it:
 * `in_features, out_features, bias=True`. Defaults are numbers, texts, True, False, None and tuples of them.
 */
export function signature(text: string): SignatureParameter[] {
  return split(text).map((part) => {
    const equals = part.indexOf('=');
    if (equals < 0) return { name: part, required: true, default: null };
    return { name: part.slice(0, equals), required: false, default: literal(part.slice(equals + 1)) };
  });
}

/** Parts between the commas that stand in no parentheses. */
function split(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '*');
}

function literal(text: string): Value {
  if (text === 'None') return null;
  if (text === 'True') return true;
  if (text === 'False') return false;
  if (text.startsWith('(')) return list(split(text.slice(1, -1)).map(literal), 'tuple');
  return numberValue(text.replace(/^-/, '')) === null
    ? (stringValue(text) ?? unknown('its default is not known'))
    : Number(text);
}
