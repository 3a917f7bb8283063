import { mkdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { withFile, withSession } from '../evaluation/bench';
import { KeptOutputs } from '../evaluation/keptOutputs';
import { compareOutputs } from '../evaluation/outputAgreement';
import type { Samples } from '../evaluation/samples';
import { placeText } from '../files/place';
import type { IntegerType } from '../formats/uniform';
import type { Feeds } from '../runtime/engine';
import { compareLatency, speedup } from '../runtime/measure';
import { seededRandom } from '../runtime/random';
import { unlessBusy } from '../runtime/stopwatch';
import { observeExtremes, rangesFrom } from './calibrate';
import { assignRecipe, layOut, tensorsToObserve } from './layout';
import type { Workbench } from './workbench';
import { writeAssigned } from './writeAssigned';

/** Those of which a computer may run one faster than the other. */
export type ActivationType = Exclude<IntegerType, 'int16'>;

/** What this computer does best with int8 weights. */
export interface Pair {
  /** The type of activations that runs faster. */
  readonly activations: ActivationType;
  /** Types whose sums saturate unless weights have 7 bits (x86 without VNNI adds pairs of products in 16 bits). */
  readonly reduceRange: Readonly<Record<ActivationType, boolean>>;
}

/** Rounding alone leaves about 40 dB on the probe; a saturated sum is wrong by a third and leaves 10. */
const SATURATED_BELOW_DB = 25;
const RUNS = 20;
const SEED = 1;
const FILE = 'int8.json';

const INT8_ALONE: Pair = { activations: 'int8', reduceRange: { uint8: false, int8: false } };

/** Types of activations and weights as reports name them: `uint8/int8`. */
export function pairName(activations: IntegerType, reduceRange: boolean): string {
  return `${activations}/int8${reduceRange ? ' (7 bits)' : ''}`;
}

/**
 * Only whether a given type needs 7-bit weights here; nothing is timed.
 * @throws ModelError where the engine does not run the probe.
 */
export async function reducedRange(bench: Workbench, activations: IntegerType): Promise<boolean> {
  // Sums of 16-bit products are 64 bits wide; and a format with one type has kernels that do not saturate.
  if (activations === 'int16' || bench.observing.probe === undefined) return false;
  const probe = bench.newPath('probe');
  bench.observing.probe(probe);
  return withProbe(bench, probe, ({ saturates }) => saturates(activations));
}

/**
 * Measured once for a CPU and version of the engine, then remembered in the folder `memory`, because a CPU's
 * name does not tell. A file there that cannot be read or makes no sense is measured anew. Where the computer is too
 * busy to measure, what is right for most is taken, said by `warn`, and not remembered.
 * A format without a probe has int8 activations alone.
 * @throws ModelError where the engine does not run the probe.
 */
export async function fasterPair(
  bench: Workbench,
  memory: string,
  warn: (sentence: string) => void = () => {},
): Promise<Pair> {
  if (bench.observing.probe === undefined) return INT8_ALONE;
  const path = join(memory, FILE);
  const probe = bench.newPath('probe');
  bench.observing.probe(probe);
  // The engine knows its version once it loaded something.
  await withSession(bench, probe, async () => {});
  const key = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${bench.engine.name}`;
  const known = recall(path)[key];
  if (isPair(known)) return known;
  const { measured, ...pair } = await measurePair(bench, probe);
  if (!measured) {
    warn(
      'The computer was too busy to find out which int8 types are faster here: uint8 activations were taken.',
    );
    return pair;
  }
  try {
    mkdirSync(memory, { recursive: true });
    // Another process may have measured something meanwhile; nobody ever reads half a file.
    placeText([`${JSON.stringify({ ...recall(path), [key]: pair }, null, 2)}\n`], path, []);
  } catch {
    // A folder that cannot be written costs a second at the next time, not the result.
  }
  return pair;
}

async function measurePair(bench: Workbench, probe: string): Promise<Pair & { measured: boolean }> {
  return withProbe(bench, probe, async ({ feeds, build, saturates }) => {
    const reduceRange = { uint8: await saturates('uint8'), int8: await saturates('int8') };
    const models = (['uint8', 'int8'] as const).map((type) => ({
      path: build(type, reduceRange[type]),
      feeds,
    }));
    const settings = { threads: bench.threads, runs: RUNS, seed: SEED };
    const timings = await unlessBusy(compareLatency(bench.engine, models, settings), () => {});
    if (timings === null) return { activations: 'uint8', reduceRange, measured: false };
    const [uint8, int8] = timings;
    if (uint8 === undefined || int8 === undefined) throw new Error('The probe was not measured.');
    // How much faster int8 is than uint8; without a difference uint8, which has one more bit for what Relu leaves.
    const faster = speedup(uint8, int8, SEED).verdict === 'faster';
    return { activations: faster ? 'int8' : 'uint8', reduceRange, measured: true };
  });
}

interface Probe {
  readonly feeds: Feeds;
  /** Writes the quantized probe. */
  readonly build: (activations: ActivationType, reduceRange: boolean) => string;
  /** Whether 8-bit weights give sums that are wrong. */
  readonly saturates: (activations: ActivationType) => Promise<boolean>;
}

async function withProbe<T>(bench: Workbench, path: string, use: (probe: Probe) => Promise<T>): Promise<T> {
  const feeds = await withSession(bench, path, async (session) => probeFeeds(session.inputs));
  const samples: Samples = { name: 'probe', size: 1, labels: null, feeds: async () => feeds };
  const float = new KeptOutputs(bench, path, samples);
  return withFile(bench, path, async (file) => {
    const plan = bench.rewriter.plan(file);
    const of = (type: ActivationType) => assignRecipe(plan, 'int8-all', [], type);
    const tensors = tensorsToObserve(plan, layOut(plan, of('uint8')));
    const ranges = rangesFrom(await observeExtremes(bench, file, tensors, samples, () => {}), 'minmax');
    const build: Probe['build'] = (activations, reduceRange) => {
      const target = bench.newPath(`probe-${activations}`);
      writeAssigned(bench.rewriter, file, plan, of(activations), { reduceRange, ranges, asked: [] }, target);
      return target;
    };
    const saturates: Probe['saturates'] = async (activations) => {
      const { decibels } = await compareOutputs(bench, float, build(activations, false));
      return decibels === null || decibels < SATURATED_BELOW_DB;
    };
    return use({ feeds, build, saturates });
  });
}

/** Values from [0, 1], most of them near 1, for every input. */
function probeFeeds(inputs: readonly { name: string; shape: readonly (number | string | null)[] }[]): Feeds {
  const random = seededRandom(SEED);
  return Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
      const data = new Float32Array(sizes.reduce((a, b) => a * b, 1));
      data.forEach((_, i) => {
        data[i] = 1 - random() ** 4;
      });
      return [name, { type: 'float32', shape: sizes, data }];
    }),
  );
}

function recall(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

function isPair(value: unknown): value is Pair {
  if (typeof value !== 'object' || value === null) return false;
  const { activations, reduceRange } = value as Partial<Pair>;
  return (
    (activations === 'uint8' || activations === 'int8') &&
    typeof reduceRange?.uint8 === 'boolean' &&
    typeof reduceRange.int8 === 'boolean'
  );
}
