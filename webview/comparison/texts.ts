import { formatShape, UNKNOWN } from '../../src/protocol/numbers';
import type { LayerComparison, SideLayer } from '../../src/protocol/reports';
import type { ShortNames } from '../../src/protocol/shortNames';
import { shortOperator } from '../base/names';

/** `Conv`, or `Conv → CONV_2D` where the two models call it differently. */
export function operators({ op, before, after }: LayerComparison): string {
  const [from, to] = [before?.layer?.op ?? op, after?.layer?.op ?? op];
  return from === to ? op : `${shortOperator(from)} → ${shortOperator(to)}`;
}

/** Both names, where they differ. */
export function namesOf({ name, before, after }: LayerComparison): string {
  const [from, to] = [before?.layer?.name ?? name, after?.layer?.name ?? name];
  return from === to ? name : `${from}\n→ ${to}`;
}

/** Element type and shape, of both where they differ. */
export function output({ before, after }: LayerComparison): string {
  const text = (layer: SideLayer | undefined) =>
    layer && `${layer.type ?? UNKNOWN} ${formatShape(layer.shape)}`;
  const [from, to] = [text(before?.layer), text(after?.layer)];
  if (from === undefined || to === undefined || from === to) return to ?? from ?? UNKNOWN;
  return `${from} → ${to}`;
}

/** What differs, in a line; names of layers whole, or short where they are given. */
export function changeText(row: LayerComparison, names?: ShortNames): string {
  const fold = foldOf(row);
  if (fold !== null) return `${fold.way} ${names?.short(fold.other) ?? fold.other}`;
  // Of two names the table shows both already.
  return row.changes
    .filter(({ what }) => names === undefined || what !== 'output name')
    .map(({ what, before, after }) => `${what} ${before ?? 'none'} → ${after ?? 'none'}`)
    .join(', ');
}

/** Where a layer went that is folded, or where it was before; null for every other layer. */
export function foldOf({
  status,
  before,
  after,
}: LayerComparison): { way: string; other: string; id: string | undefined } | null {
  if (status !== 'folded') return null;
  const goes = before?.layer !== undefined;
  const { fusedInto = UNKNOWN, fusedIntoId } = (goes ? after : before) ?? {};
  return { way: goes ? 'into' : 'out of', other: fusedInto, id: fusedIntoId };
}
