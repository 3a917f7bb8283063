import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ReadingModel } from '../../../src/jobs/readingModel';
import { ModelError } from '../../../src/model/modelError';
import type { LayerRow, OpenedModel } from '../../../src/protocol/page';
import { hoverMarkdown } from '../../../src/python/hover/hover';
import { lensesOf } from '../../../src/python/hover/lenses';
import { analyze } from '../source';
import { below, pick, type Random } from './odd';

const choice = { dims: {}, shapes: {} };

/** Layers whose details are asked for: the first ones and some others, as many as a person looks at. */
const FIRST_ROWS = 3;
const OTHER_ROWS = 5;
/** Places of a text that are pointed at. */
const HOVERS = 8;

/**
 * Asks the reading thread's questions of a file as the page and the text do.
 *
 * @throws ModelError where the file is refused; any other error is a defect.
 */
export function openAsPage(path: string, random: Random): void {
  const model = new ReadingModel(path);
  const opened = model.open({ choice });
  checkFigures(opened.report.totals);
  const rows = model.rows({ choice, from: 0, to: opened.rows });
  for (const row of rows) checkRow(row);
  const looked = new Set(Array.from({ length: Math.min(FIRST_ROWS, rows.length) }, (_, row) => row));
  for (let n = 0; n < OTHER_ROWS && rows.length > 0; n++) looked.add(below(random, rows.length));
  for (const row of looked) {
    const details = model.details({ choice, row });
    const [weight] = details.weights;
    if (weight) refusable(() => model.statistics({ choice, row, tensor: weight.name }));
  }
  model.quantizeChoice({ choice });
  model.companions();
  model.index();
  exported(model, 'csv');
  JSON.parse(exported(model, 'json'));
  // One of them, as a person looks at one: each walks all layers.
  if (opened.targets.length > 0) {
    const { id } = pick(random, opened.targets);
    refusable(() => model.target({ choice, target: id }));
  }
  model.deployment({ choice, runMs: null });
  const text = model.text({ choice });
  readText(model, text, random);
  for (const row of looked) model.textOfRow({ choice, row });
}

/** What is exported, into a folder of its own that is gone again. */
function exported(model: ReadingModel, as: 'csv' | 'json'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'caliper-fuzz-export-'));
  try {
    const target = path.join(folder, `layers.${as}`);
    model.export({ choice: { dims: {}, shapes: {} }, as, profile: null, target });
    return readFileSync(target, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Asks what an editor asks of a file with a model's text. */
export function openAsText(path: string, random: Random): void {
  const text = readFileSync(path, 'utf8');
  const model = new ReadingModel(path);
  for (const { range } of model.setText({ text })) {
    if (range.start.line < 0 || range.end.line < range.start.line)
      throw new Error('A problem stands nowhere.');
  }
  readText(model, text, random);
}

/** Asks what an editor asks of a Python source. */
export async function openAsPython(path: string): Promise<void> {
  const file = await analyze(readFileSync(path, 'utf8'));
  for (const call of file.calls) hoverMarkdown(call);
  lensesOf(file);
}

function readText(model: ReadingModel, text: string, random: Random): void {
  model.textOutline();
  model.textFolds();
  const lines = text.split('\n');
  for (let n = 0; n < HOVERS; n++) {
    const line = below(random, lines.length);
    const at = { line, character: below(random, (lines[line]?.length ?? 0) + 1) };
    model.textNames({ at });
    refusable(() => model.textHover({ choice, at }));
  }
}

/** Of one part of a file it may be said that it cannot be read. */
function refusable(ask: () => unknown): void {
  try {
    ask();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    checkSentence(error);
  }
}

/** An error is one sentence on one line. */
export function checkSentence({ message }: ModelError): void {
  if (!/^[^\n]+[.?]$/.test(message)) throw new Error(`This is not a sentence: ${JSON.stringify(message)}`);
}

function checkRow(row: LayerRow): void {
  const { parameters, parameterBytes, activationBytes, macs, elementOps } = row;
  checkFigures({ parameters, parameterBytes, activationBytes, macs, elementOps });
  for (const { shape } of row.outputs) {
    for (const size of shape ?? []) {
      if (size !== null && !(Number.isInteger(size) && size >= 0))
        throw new Error(`A tensor has ${size} elements.`);
    }
  }
}

/** A figure is not known, or a number of things. */
function checkFigures(figures: OpenedModel['report']['totals'] | object): void {
  for (const [name, value] of Object.entries(figures)) {
    if (typeof value === 'number' && !(Number.isFinite(value) && value >= 0)) {
      throw new Error(`There are ${value} ${name}.`);
    }
  }
}
