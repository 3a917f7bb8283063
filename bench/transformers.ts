/**
 * Quantizes a 6-layer encoder and a decoder step with `caliper`, and with Python's tools where they are installed, and
 * compares all of them with the float model: CPU time of a run in alternation in one process, and SQNR at the outputs.
 *
 *     npm run build && npx tsx bench/transformers.ts          (PYTHON names another interpreter than python3)
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Sqnr } from '../src/analysis/sqnr';
import { floatValues } from '../src/evaluation/floats';
import { writeModel } from '../src/formats/onnx/writing/writer';
import { present } from '../src/model/assert';
import type { Feeds, RuntimeTensor, Session } from '../src/runtime/engine';
import { engineFor } from '../src/runtime/engines';
import { seededRandom } from '../src/runtime/random';
import { median } from '../src/runtime/statistics';
import { DECODER, decoderStep, ENCODER, encoder } from './transformerModels';

const CLI = resolve('dist/cli.js');
const PYTHON = process.env['PYTHON'] ?? 'python3';

/** Turns in which every model runs for about as long. */
const ROUNDS = 15;
const TURN_MS = 150;
/** Inputs on which outputs are compared. */
const SAMPLES = 4;

/** Files to make: by which recipe, and by which of the peers' (absent: there is none). */
const FILES: readonly { name: string; recipe: readonly string[]; peer?: string }[] = [
  { name: 'int8-dynamic', recipe: ['--recipe', 'int8-dynamic'], peer: 'dynamic' },
  {
    name: 'int4 in blocks of 32',
    recipe: ['--recipe', 'int4-weights', '--group-size', '32'],
    peer: 'nbits32',
  },
  {
    name: 'int4 in blocks of 128',
    recipe: ['--recipe', 'int4-weights', '--group-size', '128'],
    peer: 'nbits128',
  },
  { name: 'int4, standard ONNX', recipe: ['--recipe', 'int4-weights', '--weight-form', 'standard'] },
];

/** Inputs of a run: token ids of `length`, and for a decoder what came before. */
type FeedsOf = (random: () => number, length: number) => Feeds;

const ofEncoder: FeedsOf = (random, length) => ({ input_ids: ids(random, length, ENCODER.vocabulary) });

const ofDecoder: FeedsOf = (random, past) => {
  const { heads, hidden, layers, vocabulary } = DECODER;
  const cache = (): RuntimeTensor => {
    const shape = [1, heads, past, hidden / heads];
    return {
      type: 'float32',
      shape,
      data: Float32Array.from({ length: hidden * past }, () => random() - 0.5),
    };
  };
  const before = Array.from({ length: layers }, (_, layer) =>
    ['key', 'value'].map((part) => [`past_${part}${layer}`, cache()] as const),
  );
  return { input_ids: ids(random, 1, vocabulary), ...Object.fromEntries(before.flat()) };
};

function ids(random: () => number, length: number, below: number): RuntimeTensor {
  const data = BigInt64Array.from({ length }, () => BigInt(Math.floor(random() * below)));
  return { type: 'int64', shape: [1, length], data };
}

function make(command: string, args: readonly string[]): string | null {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
    return null;
  } catch (error) {
    return (
      String((error as { stderr?: string }).stderr)
        .trim()
        .split('\n')
        .at(-1) ?? ''
    );
  }
}

interface Candidate {
  readonly name: string;
  readonly path: string;
}

async function compareAll(
  model: string,
  feedsOf: FeedsOf,
  lengths: readonly number[],
  folder: string,
): Promise<void> {
  const candidates: Candidate[] = [{ name: 'float', path: model }];
  for (const { name, recipe, peer } of FILES) {
    const ours = { name: `${name}: caliper`, path: join(folder, `${candidates.length}.onnx`) };
    const failed = make(process.execPath, [
      CLI,
      'quantize',
      model,
      '-o',
      ours.path,
      '--no-measure',
      ...recipe,
    ]);
    if (failed !== null) throw new Error(failed);
    candidates.push(ours);
    if (peer === undefined) continue;
    const theirs = { name: `${name}: Python`, path: join(folder, `${candidates.length}.onnx`) };
    const missing = make(PYTHON, ['bench/peer_transformers.py', peer, model, theirs.path]);
    if (missing === null) candidates.push(theirs);
    else console.log(`${theirs.name} was not made (${missing})`);
  }
  const engine = engineFor('onnx');
  const sessions = await Promise.all(candidates.map(({ path }) => engine.load(path, { threads: 1 })));
  const rows = Object.fromEntries(
    candidates.map(({ name, path }) => [
      name,
      { MB: (statSync(path).size / 1e6).toFixed(1) } as Record<string, string>,
    ]),
  );
  for (const length of lengths) {
    const decibels = await sqnrOf(sessions, feedsOf, length);
    const ratios = await speedups(sessions, feedsOf(seededRandom(1), length));
    candidates.forEach(({ name }, index) => {
      Object.assign(present(rows[name], name), {
        [`SQNR at ${length}`]: decibels[index]?.toFixed(1) ?? '',
        [`speed-up at ${length}`]: ratios[index] ?? '',
      });
    });
  }
  console.table(rows);
  for (const session of sessions) await session.close();
}

/** Of all outputs together, against the first session's; null where both are equal. */
async function sqnrOf(
  sessions: readonly Session[],
  feedsOf: FeedsOf,
  length: number,
): Promise<(number | null)[]> {
  const meters = sessions.map(() => new Sqnr());
  for (let seed = 1; seed <= SAMPLES; seed++) {
    const feeds = feedsOf(seededRandom(seed), length);
    const [float, ...others] = await inTurn(sessions, (session) => session.run(feeds));
    for (const [index, outputs] of others.entries())
      for (const [name, tensor] of Object.entries(present(float, 'outputs'))) {
        const values = [tensor, present(outputs[name], name)].map((one) => present(floatValues(one), name));
        meters[index + 1]?.add(present(values[0], name), present(values[1], name));
      }
  }
  return meters.map(({ decibels }) => decibels);
}

/** CPU time of the first session's runs over each one's: the median over the rounds, and the quarter around it. */
async function speedups(sessions: readonly Session[], feeds: Feeds): Promise<string[]> {
  const counts = await inTurn(sessions, async (session) => {
    await session.run(feeds);
    return Math.max(1, Math.round(TURN_MS / (await cpuMilliseconds(session, feeds, 2))));
  });
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round++)
    rounds.push(
      await inTurn(sessions, (session, index) =>
        cpuMilliseconds(session, feeds, present(counts[index], 'runs')),
      ),
    );
  return sessions.map((_, index) => {
    const ratios = rounds
      .map((times) => (times[0] ?? Number.NaN) / (times[index] ?? Number.NaN))
      .sort((a, b) => a - b);
    const quartile = (part: number) =>
      (ratios[Math.floor(part * (ratios.length - 1))] ?? Number.NaN).toFixed(2);
    return `${median(ratios).toFixed(2)} (${quartile(0.25)} to ${quartile(0.75)})`;
  });
}

/** Of one run. Time in which others had the processor does not count. */
async function cpuMilliseconds(session: Session, feeds: Feeds, runs: number): Promise<number> {
  const start = process.cpuUsage();
  for (let run = 0; run < runs; run++) await (session.invoke?.(feeds) ?? session.run(feeds));
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / runs;
}

async function inTurn<T>(
  sessions: readonly Session[],
  work: (session: Session, index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (const [index, session] of sessions.entries()) results.push(await work(session, index));
  return results;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  try {
    const models = [
      { name: 'encoder', proto: encoder(), feedsOf: ofEncoder, lengths: [1, 128] },
      { name: 'decoder step', proto: decoderStep(), feedsOf: ofDecoder, lengths: [1, 128] },
    ];
    for (const { name, proto, feedsOf, lengths } of models) {
      const own = mkdtempSync(join(folder, 'model-'));
      writeModel(proto, join(own, 'float.onnx'));
      console.log(`\n${name}, 1 thread, at lengths of ${lengths.join(' and ')}`);
      await compareAll(join(own, 'float.onnx'), feedsOf, lengths, own);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
