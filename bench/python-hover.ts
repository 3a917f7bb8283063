/**
 * How long a Python source keeps a hover waiting: the first reading of 18,000 lines, then hovers while it is left alone and
 * while it is typed in, all through the thread as the editor asks.
 *
 *     npm run build -- --production && npx tsx bench/python-hover.ts [lines] [hovers]
 *
 * Prints one line of JSON, in milliseconds: from opening to the first answer; hovers' median, 99th percentile and
 * slowest, at rest and while typing; from the last key to the reading that has it.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SourceClient } from '../src/jobs/sourceClient';

const ROOT = path.join(import.meta.dirname, '..');
const [lines = '18000', hovers = '200'] = process.argv.slice(2);

const sources = ['resnet', 'vit', 'styles'].map(
  (name) =>
    readFileSync(path.join(ROOT, 'test/unit/sources', `${name}.py`), 'utf8').split(
      /^(?:net|if __name__)/m,
    )[0],
);
let text = '';
for (let copy = 0; text.split('\n').length < Number(lines); copy++)
  text += sources.map((source) => source?.replace(/^class (\w+)/gm, `class $1_${copy}`)).join('\n');
const uri = 'file:///bench.py';
let version = 1;
let analyzed: ((version: number) => void) | undefined;

const client = new SourceClient(
  path.join(ROOT, 'dist', 'source.js'),
  {
    machinery: path.join(ROOT, 'dist', 'wasm', 'web-tree-sitter.wasm'),
    grammar: path.join(ROOT, 'dist', 'wasm', 'tree-sitter-python.wasm'),
  },
  { textOf: () => ({ version, text }), analyzed: (_, read) => analyzed?.(read) },
);

const row = text.split('\n').findIndex((line) => line.includes('nn.Conv2d('));
const character = (text.split('\n')[row] ?? '').indexOf('nn.Conv2d') + 4;

async function hover(line = row): Promise<number> {
  const start = performance.now();
  const call = await client.ask('hover', { uri, position: { line, character } });
  if (call?.layer !== 'Conv2d') throw new Error('The hover found no layer.');
  return performance.now() - start;
}

function percentiles(times: number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) =>
    Number(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]?.toFixed(2));
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

async function main(): Promise<void> {
  const first = await hover();
  const rest: number[] = [];
  for (let turn = 0; turn < Number(hovers); turn++) rest.push(await hover());

  // Somebody types a comment at the top, a key every 80 ms, and hovers in between; every fifth key ends a line.
  const typing: number[] = [];
  const reads: number[] = [];
  let moved = 0;
  for (let turn = 0; turn < Number(hovers); turn++) {
    const key = turn % 5 === 4 ? '\n' : turn % 5 === 0 ? '#' : 'a';
    if (key === '\n') moved++;
    const offset = turn;
    text = text.slice(0, offset) + key + text.slice(offset);
    const typed = performance.now();
    const written = ++version;
    client.edit(uri, written, [{ offset, length: 0, text: key }], text.length);
    if (turn % 20 === 19) {
      await new Promise<void>((resolve) => {
        analyzed = (read) => read === written && resolve();
      });
      reads.push(performance.now() - typed);
    }
    typing.push(await hover(row + moved));
    await pause(turn % 20 === 10 ? 150 : 80);
  }
  client.stop();
  console.log(
    JSON.stringify({
      lines: text.split('\n').length,
      characters: text.length,
      first: Number(first.toFixed(0)),
      atRest: percentiles(rest),
      whileTyping: percentiles(typing),
      untilRead: percentiles(reads),
    }),
  );
}

void main();
