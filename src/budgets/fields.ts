import { resolve } from 'node:path';
import type { Node } from 'jsonc-parser';
import { BITS } from '../model/dataType';
import { PRESETS } from '../protocol/options';
import { targets } from '../targets/targets';
import type { AccuracyLimit, EvaluationData, Limit } from './budget';
import { FIGURES, type FigureName } from './figures';
import { PRECISIONS } from './precision';
import { choiceOf, type Entry, entriesOf, fieldsOf, integerOf, namesOf, quantity, textOf } from './reading';
import type { Source } from './syntax';

/** A field of a budget, and the folder that paths in it are from. */
export interface Field extends Entry {
  readonly source: Source;
  readonly folder: string;
}

/** What each field of a budget asks for. */
export const LIMIT_FIELDS: Readonly<Record<string, (field: Field) => Limit[]>> = {
  fileSize: mostOf('fileSize'),
  downloadSize: mostOf('downloadSize'),
  parameters: mostOf('parameters'),
  weightBytes,
  peakActivation: mostOf('peakActivation'),
  arena: mostOf('arena'),
  macs: mostOf('macs'),
  operators,
  precision,
  opset: versionOf('opset'),
  version: versionOf('version'),
  maxGrowth,
  latency,
  accuracy,
  targets: targetLimits,
};

function mostOf(figure: FigureName): (field: Field) => Limit[] {
  return ({ source, value }) => [
    {
      kind: 'most',
      figure,
      type: null,
      most: quantity(source, value, FIGURES[figure].unit),
      at: source.span(value),
    },
  ];
}

/** Of all weights, or by element type. */
function weightBytes(field: Field): Limit[] {
  const { source, value } = field;
  if (value.type !== 'object') return mostOf('weightBytes')(field);
  return entriesOf(source, value).map(([type, { key, value: most }]) => {
    if (!Object.hasOwn(BITS, type))
      throw source.error(key, `"${type}" is no element type, such as float32 or int8.`);
    return {
      kind: 'most',
      figure: 'weightBytes',
      type,
      most: quantity(source, most, 'bytes'),
      at: source.span(most),
    };
  });
}

function operators({ source, value }: Field): Limit[] {
  const entries = [...fieldsOf(source, value, ['allowed', 'forbidden'])];
  return entries.map(([rule, { value: names }]) => ({
    kind: 'operators',
    rule: rule === 'allowed' ? 'allowed' : 'forbidden',
    operators: namesOf(source, names, 'the name of an operator').map(({ name }) => name),
    at: source.span(names),
  }));
}

function precision({ source, value }: Field): Limit[] {
  const fields = fieldsOf(source, value, PRECISIONS);
  return PRECISIONS.flatMap((name): Limit[] => {
    const entry = fields.get(name);
    if (entry === undefined) return [];
    const least = quantity(source, entry.value, 'fraction');
    return [{ kind: 'precision', precision: name, least, at: source.span(entry.value) }];
  });
}

/** Versions of formats and operator sets are small numbers. */
const MAX_VERSION = 1_000_000;

/** A number is the highest; `{ "min": …, "max": … }` are both. */
function versionOf(kind: 'opset' | 'version'): (field: Field) => Limit[] {
  return ({ source, value }) => {
    const at = source.span(value);
    const number = (node: Node) => integerOf(source, node, 'a version', 0, MAX_VERSION);
    if (value.type !== 'object') return [{ kind, least: null, most: number(value), at }];
    const fields = fieldsOf(source, value, ['min', 'max']);
    const [min, max] = [fields.get('min'), fields.get('max')];
    const [least, most] = [min ? number(min.value) : null, max ? number(max.value) : null];
    if (least === null && most === null) throw source.error(value, '"min" or "max" is expected here.');
    if (least !== null && most !== null && least > most)
      throw source.error(value, '"min" is above "max", so no model keeps it.');
    return [{ kind, least, most, at }];
  };
}

/** What every format has, and a model costs. */
const GROWING: readonly FigureName[] = ['fileSize', 'parameters', 'peakActivation', 'macs'];

/** A part for each of the costs, or for each figure that is named. */
function maxGrowth({ source, value }: Field): Limit[] {
  if (value.type !== 'object') {
    const most = quantity(source, value, 'fraction');
    return GROWING.map((figure) => ({ kind: 'growth', figure, most, at: source.span(value) }));
  }
  const names = Object.keys(FIGURES) as FigureName[];
  const fields = fieldsOf(source, value, names);
  return names.flatMap((figure): Limit[] => {
    const entry = fields.get(figure);
    if (entry === undefined) return [];
    const most = quantity(source, entry.value, 'fraction');
    return [{ kind: 'growth', figure, most, at: source.span(entry.value) }];
  });
}

function latency({ source, value, folder }: Field): Limit[] {
  const fields = fieldsOf(source, value, ['max', 'reference', 'maxMs', 'device']);
  const [max, reference, maxMs, device] = ['max', 'reference', 'maxMs', 'device'].map((name) =>
    fields.get(name),
  );
  const on = device ? textOf(source, device.value, 'a device') : null;
  const limits: Limit[] = [];
  if (max !== undefined) {
    if (reference === undefined)
      throw source.error(
        value,
        '"max" is a ratio: it needs "reference", a model that is timed in the same run.',
      );
    limits.push({
      kind: 'latency',
      most: quantity(source, max.value, 'ratio'),
      reference: resolve(folder, textOf(source, reference.value, 'a model')),
      device: on,
      at: source.span(max.value),
    });
  }
  if (maxMs !== undefined) {
    if (on === null)
      throw source.error(
        maxMs.value,
        'times differ between computers: name a "device" for "maxMs", or give "max" and a "reference".',
      );
    const most = quantity(source, maxMs.value, 'milliseconds');
    limits.push({ kind: 'latency', most, reference: null, device: on, at: source.span(maxMs.value) });
  }
  if (limits.length === 0)
    throw source.error(value, '"max" with a "reference", or "maxMs" with a "device", is expected here.');
  return limits;
}

const MEASURES = [
  { field: 'top1', measure: 'top-1', unit: 'fraction' },
  { field: 'agreement', measure: 'agreement', unit: 'fraction' },
  { field: 'sqnr', measure: 'sqnr', unit: 'decibels' },
] as const;

/** Added to a class index: as the command line takes it. */
const MAX_OFFSET = 10_000;

function accuracy({ source, value, folder }: Field): Limit[] {
  const own = ['reference', 'data', 'labels', 'labelOffset', 'preset'];
  const fields = fieldsOf(source, value, [...MEASURES.map(({ field }) => field), ...own]);
  const path = (name: string) => {
    const entry = fields.get(name);
    return entry === undefined ? null : resolve(folder, textOf(source, entry.value, 'a path'));
  };
  const [reference, samples] = [path('reference'), path('data')];
  if (reference === null || samples === null)
    throw source.error(value, '"reference", a float model, and "data" are expected here.');
  const [offset, preset] = [fields.get('labelOffset'), fields.get('preset')];
  const data: EvaluationData = {
    reference,
    data: samples,
    labels: path('labels'),
    labelOffset: offset ? integerOf(source, offset.value, 'an offset', -MAX_OFFSET, MAX_OFFSET) : 0,
    preset: preset ? choiceOf(source, preset.value, PRESETS) : null,
  };
  const limits = MEASURES.flatMap(({ field, measure, unit }): (AccuracyLimit & Limit)[] => {
    const entry = fields.get(field);
    if (entry === undefined) return [];
    const least = quantity(source, entry.value, unit);
    return [{ kind: 'accuracy', measure, least, data, at: source.span(entry.value) }];
  });
  if (limits.length === 0) throw source.error(value, '"top1", "agreement" or "sqnr" is expected here.');
  return limits;
}

/** A list: every layer runs there; or by target the least share of the multiply-accumulates that does. */
function targetLimits({ source, value }: Field): Limit[] {
  const ids = targets.map(({ id }) => id);
  if (value.type === 'object')
    return [...fieldsOf(source, value, ids)].map(([target, { value: share }]) => ({
      kind: 'target',
      target,
      least: quantity(source, share, 'fraction'),
      at: source.span(share),
    }));
  return namesOf(source, value, 'a target').map(({ node }) => ({
    kind: 'target',
    target: choiceOf(source, node, ids),
    least: null,
    at: source.span(node),
  }));
}
