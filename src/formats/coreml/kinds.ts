import { hasLayout, type Layout, type OperatorKind } from '../../model/operatorKind';

/** What a node says of its kind: Core ML's operators that know channels have them before the places. */
export function described(kind: OperatorKind | null): { kind: OperatorKind | null; layout?: Layout } {
  return { kind, ...(hasLayout(kind) && { layout: 'channels first' as const }) };
}
