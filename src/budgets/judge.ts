import type { LimitReport } from '../protocol/budgets';
import { formatBytes, formatCount, formatPercent, UNKNOWN } from '../protocol/numbers';
import type { GrowthLimit, Limit, MostLimit, OperatorLimit, PrecisionLimit, VersionLimit } from './budget';
import { FIGURES, type FigureName, type Known, type ModelFigures, unknown } from './figures';
import type { Unit } from './quantities';

/** What a limit says of a model, without where it stands. */
export type Verdict = Omit<LimitReport, 'at'>;

/** Limits that a model's file answers. */
export type FileLimit = Extract<
  Limit,
  { kind: 'most' | 'operators' | 'precision' | 'opset' | 'version' | 'growth' }
>;

/** A model as another revision has it; `why` says why there is none to compare with. */
export type Before = { readonly figures: ModelFigures; readonly revision: string } | { readonly why: string };

/** Names of operators that are listed; the others are counted. */
const LISTED = 5;

/** Judges a limit by what a file says. `before`: null where nobody asked to compare. */
export function judge(limit: FileLimit, figures: ModelFigures, before: Before | null): Verdict {
  switch (limit.kind) {
    case 'most':
      return most(limit, figures);
    case 'operators':
      return operators(limit, figures);
    case 'precision':
      return precision(limit, figures);
    case 'opset':
    case 'version':
      return version(limit, figures);
    case 'growth':
      return growth(limit, figures, before);
  }
}

/** A figure of a model; those of one element type are known as far as all weights are. */
export function figureOf(name: FigureName, type: string | null, figures: ModelFigures): Known {
  if (name === 'downloadSize') return figures.downloadSize ?? unknown('the files were not compressed');
  if (type === null) return figures[name];
  const bytes = Object.hasOwn(figures.bytesByType, type) ? (figures.bytesByType[type] ?? 0) : 0;
  const { value, why } = figures.weightBytes;
  return { value: value === null ? null : bytes, atLeast: bytes, why };
}

/** As people read it. */
export function written(value: number, unit: Unit): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'count':
      return formatCount(value);
    case 'fraction':
      return formatPercent(value);
    case 'ratio':
      return `${Number(value.toPrecision(3))}×`;
    case 'decibels':
      return `${value.toFixed(1)} dB`;
    case 'milliseconds':
      return `${Number(value.toPrecision(3))} ms`;
  }
}

/** Two figures that look the same at three digits are told apart by all of theirs. */
export function apart(measured: number, limit: number, unit: Unit): [measured: string, limit: string] {
  const [one, other] = [written(measured, unit), written(limit, unit)];
  if (one !== other || measured === limit) return [one, other];
  const whole = (value: number) => (unit === 'bytes' ? `${value.toLocaleString('en-US')} B` : String(value));
  return [whole(measured), whole(limit)];
}

function most({ figure, type, most: limit }: MostLimit, figures: ModelFigures): Verdict {
  const { rule, unit } = FIGURES[figure];
  const { value, atLeast, why } = figureOf(figure, type, figures);
  const [found, top] = apart(atLeast, limit, unit);
  const verdict = {
    rule,
    ...(type !== null && { subject: type }),
    asks: `at most ${top}`,
    limit,
    measured: value,
    unit,
  };
  // The part that is known can be too much already.
  if (atLeast > limit)
    return {
      ...verdict,
      status: 'over',
      found: value === null ? `at least ${found}` : found,
      over: `${value === null ? 'at least ' : ''}${written(atLeast - limit, unit)} over`,
    };
  if (value === null)
    return { ...verdict, status: 'unknown', found: atLeast > 0 ? `≥ ${found}` : UNKNOWN, reason: `${why}.` };
  return { ...verdict, status: 'fits', found };
}

function operators({ rule, operators: names }: OperatorLimit, figures: ModelFigures): Verdict {
  const listed = new Set(names);
  const used = Object.keys(figures.operators);
  const wrong = used.filter((op) => listed.has(op) !== (rule === 'allowed'));
  const name = rule === 'allowed' ? 'none but' : 'none of';
  const verdict = {
    rule: 'operators' as const,
    subject: rule,
    asks: `${name} ${listOf(names)}`,
    limit: 0,
    measured: figures.operatorsComplete ? wrong.length : null,
    unit: 'count',
  };
  if (wrong.length > 0)
    return {
      ...verdict,
      status: 'over',
      found: wrong
        .slice(0, LISTED)
        .map((op) => `${op} (${figures.operators[op]})`)
        .join(', ')
        .concat(wrong.length > LISTED ? ` and ${wrong.length - LISTED} more` : ''),
      over: wrong.length === 1 ? '1 operator too many' : `${wrong.length} operators too many`,
    };
  const found = used.length === 1 ? '1 operator' : `${used.length} operators`;
  if (figures.operatorsComplete) return { ...verdict, status: 'fits', found };
  return { ...verdict, status: 'unknown', found, reason: 'some functions of the model are not written out.' };
}

function listOf(names: readonly string[]): string {
  const more = names.length - LISTED;
  return names.slice(0, LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function precision({ precision: name, least }: PrecisionLimit, { precision: found }: ModelFigures): Verdict {
  const { macs, unsure, total } = found;
  const verdict = {
    rule: 'precision' as const,
    subject: name,
    asks: `at least ${formatPercent(least)} of the MACs`,
    limit: least,
    unit: 'fraction',
  };
  const open = (reason: string): Verdict => ({
    ...verdict,
    status: 'unknown',
    found: UNKNOWN,
    measured: null,
    reason,
  });
  if (total === null) return open('the multiply-accumulates of some layers are not known.');
  if (total === 0) return open('the model has no multiply-accumulates.');
  const [low, high] = [macs[name] / total, (macs[name] + unsure[name]) / total];
  const [text, asked] = apart(high, least, 'fraction');
  if (high < least)
    return {
      ...verdict,
      asks: `at least ${asked} of the MACs`,
      status: 'over',
      found: low === high ? text : `at most ${text}`,
      measured: low === high ? low : null,
      over: `${((least - high) * 100).toFixed(1)} points short`,
    };
  if (low < least) return open('the types of what some layers multiply are not known.');
  return { ...verdict, status: 'fits', found: formatPercent(low), measured: low };
}

function version({ kind, least, most: top }: VersionLimit, figures: ModelFigures): Verdict {
  const { value, why } = figures[kind];
  const asks = [least === null ? '' : `at least ${least}`, top === null ? '' : `at most ${top}`];
  const tooNew = value !== null && top !== null && value > top;
  const verdict = {
    rule: kind,
    asks: asks.filter((text) => text !== '').join(', '),
    limit: tooNew ? top : (least ?? top),
    measured: value,
    unit: 'version',
    found: value === null ? UNKNOWN : String(value),
  };
  if (value === null) return { ...verdict, status: 'unknown', reason: `${why}.` };
  if (tooNew) return { ...verdict, status: 'over', over: `${value - top} too new` };
  if (least !== null && value < least)
    return { ...verdict, status: 'over', over: `${least - value} too old` };
  return { ...verdict, status: 'fits' };
}

function growth({ figure, most: limit }: GrowthLimit, figures: ModelFigures, before: Before | null): Verdict {
  const { unit } = FIGURES[figure];
  const verdict = {
    rule: 'growth' as const,
    subject: figure,
    asks: `at most ${formatPercent(limit)} more`,
    limit,
    unit: 'fraction',
    measured: null,
    found: UNKNOWN,
  };
  if (before === null)
    return { ...verdict, status: 'unmeasured', reason: 'name a revision by --against to compare with.' };
  if ('why' in before) return { ...verdict, status: 'unmeasured', reason: before.why };
  const [now, then] = [figures, before.figures].map((one) => figureOf(figure, null, one)) as [Known, Known];
  const unsure = [now, then].find(({ value }) => value === null);
  if (now.value === null || then.value === null)
    return { ...verdict, status: 'unknown', reason: `${unsure?.why}.` };
  if (then.value === 0 && now.value > 0)
    return {
      ...verdict,
      status: 'unknown',
      reason: `it was 0 in ${before.revision}, of which nothing is a part.`,
    };
  const grown = then.value === 0 ? 0 : now.value / then.value - 1;
  const [from, to] = apart(then.value, now.value, unit);
  const found = `${grown < 0 ? '−' : '+'}${formatPercent(Math.abs(grown))} (${from} to ${to})`;
  if (grown <= limit) return { ...verdict, status: 'fits', measured: grown, found };
  const over = written(now.value - then.value * (1 + limit), unit);
  return { ...verdict, status: 'over', measured: grown, found, over: `${over} over` };
}
