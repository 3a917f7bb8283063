import { formatShape, UNKNOWN } from '../../protocol/numbers';
import type { InspectReport, LayerChange, TensorReport } from '../../protocol/reports';
import type { Side } from './side';

/** More keys than anybody reads, or puts into a model (CWE-770). */
const MAX_PROPERTIES = 200;
/** A property may be a whole document. */
const MAX_TEXT = 200;

/** What differs between two models besides their layers: inputs, outputs, and what the files say of themselves. */
export function modelChanges({ analysis: before }: Side, { analysis: after }: Side): LayerChange[] {
  const [a, b] = [before.report, after.report];
  const changes: LayerChange[] = [];
  const compare = (what: string, was: string | null, is: string | null) => {
    if (was !== is) changes.push({ what, before: was, after: is });
  };
  compare('format', a.format, b.format);
  compareTensors('input', a.inputs, b.inputs, compare);
  compareTensors('output', a.outputs, b.outputs, compare);
  // What one format says of a file says nothing of a file of another.
  if (a.format === b.format) {
    compareTexts(a.properties, b.properties, compare);
    compareTexts(a.metadata, b.metadata, compare);
  }
  return changes;
}

type Compare = (what: string, was: string | null, is: string | null) => void;

function compareTensors(
  what: string,
  before: readonly TensorReport[],
  after: readonly TensorReport[],
  compare: Compare,
): void {
  for (let index = 0; index < Math.max(before.length, after.length); index++) {
    compare(`${what} ${index + 1}`, describe(before[index]), describe(after[index]));
  }
}

function describe(tensor: TensorReport | undefined): string | null {
  if (tensor === undefined) return null;
  return `${tensor.name}: ${tensor.type ?? UNKNOWN} ${formatShape(tensor.declaredShape ?? tensor.shape)}`;
}

function compareTexts(
  before: InspectReport['properties'],
  after: InspectReport['properties'],
  compare: Compare,
): void {
  const others = new Map(after.map(({ name, value }) => [name, value]));
  for (const { name, value } of before.slice(0, MAX_PROPERTIES)) {
    const other = others.get(name);
    others.delete(name);
    if (other !== value) compare(name, shown(value), other === undefined ? null : shown(other));
  }
  for (const [name, value] of [...others].slice(0, MAX_PROPERTIES)) compare(name, null, shown(value));
}

function shown(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
