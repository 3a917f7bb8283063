/**
 * How the rows of LiteRT's own profile are attributed: for each model how many name their operator, are aligned with
 * it, help it or belong to none; what they add up to; and how the layers' times go together with those of each
 * operator run alone (correlation of the times and of their logarithms, over layers of 1 µs and more).
 *
 *     npx tsx bench/litert-rows.ts LIBRARY [PART OF A NAME]
 *
 * LIBRARY is LiteRT's, such as lib/python3.11/site-packages/ai_edge_litert/libLiteRt.so of an environment. Reads the
 * sample and the models in ../shared/models. Times mean something on a computer that does nothing else.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openModel } from '../src/formats/index';
import { attribute, type RowRole } from '../src/formats/tflite/profiling/attribution';
import { layersOf } from '../src/formats/tflite/profiling/layers';
import type { TfliteModel } from '../src/formats/tflite/reader';
import type { Engine } from '../src/runtime/engine';
import { engineThatRuns, useLiteRt } from '../src/runtime/engines';
import { modelInputs } from '../src/runtime/inputs';
import { type LayerProfile, profileLayers } from '../src/runtime/profile';
import { randomFeeds } from '../src/runtime/randomInputs';
import { unlessBusy } from '../src/runtime/stopwatch';

const SHORT_MS = 0.001;

const shared = join(__dirname, '../../shared/models/tflite');
const models = [
  join(__dirname, '../models/shapes_mobilenetv2.tflite'),
  ...(existsSync(shared) ? readdirSync(shared).sort() : [])
    .filter((name) => name.endsWith('.tflite'))
    .map((name) => join(shared, name)),
];

async function measure(path: string, scratch: string, totals: Map<RowRole, number>): Promise<string> {
  const file = openModel(path);
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  const feeds = randomFeeds(modelInputs(inferred), roles, 1);
  const engine = await engineThatRuns('tflite', [path], 1);
  const { profiler } = engine;
  if (profiler === undefined) return `runs on ${engine.name}`;
  const profilePrefix = join(scratch, 'rows');
  const session = await engine.load(path, { threads: 1, profilePrefix });
  await session.run(feeds);
  await session.close();
  const rows = (await profiler.read(profilePrefix))?.rows ?? [];
  const found = attribute(layersOf((file.model as TfliteModel).root, inferred), rows).roles;
  const count = (role: RowRole) => found.filter((one) => one === role).length;
  for (const role of found) totals.set(role, (totals.get(role) ?? 0) + 1);
  const settings = { threads: 1, runs: 100, scratch };
  const { profiler: _, ...alone } = engine;
  const profile = (one: Engine) => profileLayers(one, file, inferred, feeds, settings);
  const said: string[] = [];
  const whole = await unlessBusy(profile(engine), (sentence) => said.push(sentence));
  const parts = await unlessBusy(profile(alone), (sentence) => said.push(sentence));
  return [
    `${rows.length} rows: ${count('pinned')} named, ${count('own')} aligned, ${count('helper')} helping, ${count(null)} of none`,
    ...(whole === null ? [] : [`factor ${whole.sum?.factor.toFixed(3)}`]),
    ...(whole === null || parts === null ? said : [together(whole, parts)]),
  ].join('; ');
}

function together(whole: LayerProfile, parts: LayerProfile): string {
  const other = new Map(parts.layers.map(({ id, medianMs }) => [id, medianMs]));
  const pairs = whole.layers.flatMap(({ id, medianMs }) => {
    const alone = other.get(id) ?? null;
    return medianMs === null || alone === null || Math.max(medianMs, alone) < SHORT_MS
      ? []
      : [[medianMs, alone] as const];
  });
  const logarithms = pairs.map(([a, b]) => [Math.log(a), Math.log(b)] as const);
  return `${pairs.length} layers: correlation ${correlation(pairs).toFixed(3)}, of logarithms ${correlation(logarithms).toFixed(3)}`;
}

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[at], 0) / pairs.length;
  const [a, b] = [mean(0), mean(1)];
  const product = (f: (x: number, y: number) => number) =>
    pairs.reduce((sum, [x, y]) => sum + f(x - a, y - b), 0);
  return product((x, y) => x * y) / Math.sqrt(product((x) => x * x) * product((_, y) => y * y));
}

async function main(library: string, part: string): Promise<void> {
  useLiteRt({ library, environments: [] }, async () => {});
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  const totals = new Map<RowRole, number>();
  try {
    for (const path of models.filter((model) => basename(model).includes(part))) {
      const said = await measure(path, scratch, totals).catch((error: Error) => error.message);
      console.log(`${basename(path).padEnd(52)} ${said}`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const rows = [...totals.values()].reduce((sum, count) => sum + count, 0);
  const none = totals.get(null) ?? 0;
  console.log(`${none} of ${rows} rows belong to no layer (${((100 * none) / rows).toFixed(2)} %)`);
  process.exitCode = none > 0.02 * rows ? 1 : 0;
}

const [library, part = ''] = process.argv.slice(2);
if (library === undefined) {
  console.error('usage: litert-rows.ts LIBRARY [PART OF A NAME]');
  process.exitCode = 2;
} else void main(library, part);
