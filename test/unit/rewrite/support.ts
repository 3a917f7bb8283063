import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { OnnxFile } from '../../../src/formats/onnx/file';
import { onnx } from '../../../src/formats/onnx/format';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import type { Range } from '../../../src/formats/plan';
import type { Evaluate, Observing, Origins, WriteSettings } from '../../../src/formats/rewriter';
import type { NodeId } from '../../../src/model/nodeId';
import type { Assignment } from '../../../src/model/precision';
import type { Recipe } from '../../../src/protocol/recipes';
import { assignRecipe, layOut, schemesOf, tensorsToObserve } from '../../../src/quantization/layout';
import { writeAssigned } from '../../../src/quantization/writeAssigned';
import type { Feeds, RuntimeTensor, Session } from '../../../src/runtime/engine';
import { onnxRuntime } from '../../../src/runtime/onnxruntime';
import { seededNormal } from '../../../src/runtime/random';
import { SAMPLE } from '../support';

/** ONNX has an engine. */
export const observing = rewriter.observing as Observing;

/** How a job folds constants: the engine runs a model without inputs. */
export const evaluate: Evaluate = async (file) => {
  const outputs = await run(file, {});
  return new Map(
    Object.entries(outputs).map(([name, { type, shape, data }]) => {
      if (Array.isArray(data)) throw new Error('strings');
      return [name, { type, shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }];
    }),
  );
};

export async function withSession<T>(
  file: string,
  work: (session: Session) => Promise<T>,
  optimizedModelPath?: string,
): Promise<T> {
  const session = await onnxRuntime.load(file, {
    threads: 1,
    ...(optimizedModelPath === undefined ? {} : { optimizedModelPath }),
  });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

export function run(file: string, feeds: Feeds): Promise<Feeds> {
  return withSession(file, (session) => session.run(feeds));
}

/**
 * Outputs as the operators of the file define them. Kernels that fuse Q and DQ add 8-bit products up in 16 bits on
 * some processors, where weights of 8 bits saturate: what a file says must not depend on who tests it.
 */
export async function runUnfused(file: string, feeds: Feeds): Promise<Feeds> {
  const session = await onnxRuntime.load(file, { threads: 1, optimization: 'none' });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

/** Operators of the graph that the engine makes of a model, with how often each occurs. */
export async function fusedOperators(file: string, scratch: string): Promise<Record<string, number>> {
  await withSession(file, async () => {}, scratch);
  return operatorsOf(scratch);
}

export function operatorsOf(file: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of onnx.open(file).proto.graph?.node ?? [])
    counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}

/** Inputs from N(0, 1) of the given shapes; integers 0 and 1. */
export function feedsFor(session: Session, shapes: Record<string, readonly number[]>, seed: number): Feeds {
  const normal = seededNormal(seed);
  const feeds: Feeds = {};
  for (const { name, type, shape } of session.inputs) {
    const dims = [...(shapes[name] ?? shape.map((size) => (typeof size === 'number' ? size : 1)))];
    const count = dims.reduce((product, size) => product * size, 1);
    feeds[name] = { type, shape: dims, data: randomData(type, count, normal) };
  }
  return feeds;
}

function randomData(type: string, count: number, normal: () => number): RuntimeTensor['data'] {
  switch (type) {
    case 'float32':
      return Float32Array.from({ length: count }, normal);
    case 'int64':
      return BigInt64Array.from({ length: count }, () => (normal() > 0 ? 1n : 0n));
    case 'int32':
      return Int32Array.from({ length: count }, () => (normal() > 0 ? 1 : 0));
    case 'float16':
      // Bits of numbers from 0.125 to 1.
      return Uint16Array.from({ length: count }, () => 0x3000 + Math.floor(Math.abs(normal()) * 0x300));
    default:
      throw new Error(`No random ${type}`);
  }
}

/** 10·log10(Σ a² / Σ (a − b)²) over all floating-point outputs; Infinity where they are the same. */
export function decibels(reference: Feeds, other: Feeds): number {
  let signal = 0;
  let noise = 0;
  for (const [name, { type, data }] of Object.entries(reference)) {
    const others = other[name]?.data;
    if (others?.length !== data.length) throw new Error(`Output ${name} is missing or has another size`);
    if (type !== 'float32') continue;
    for (let i = 0; i < data.length; i++) {
      signal += Number(data[i]) ** 2;
      noise += (Number(data[i]) - Number(others[i])) ** 2;
    }
  }
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
}

/** Ranges over some feeds, as calibration finds them. */
export async function calibrate(
  cleaned: OnnxFile,
  feeds: readonly Feeds[],
  scratch: string,
  keep: Iterable<string> = [],
): Promise<Map<string, Range>> {
  const names = observing.withRanges(cleaned, observedTensors(cleaned, keep), scratch);
  const ranges = new Map<string, Range>();
  await withSession(scratch, async (session) => {
    for (const feed of feeds) {
      const values = await session.run(feed);
      for (const [tensor, { min, max }] of names) {
        const low = Number(values[min]?.data[0]);
        const high = Number(values[max]?.data[0]);
        const seen = ranges.get(tensor) ?? { min: low, max: high };
        ranges.set(tensor, { min: Math.min(seen.min, low), max: Math.max(seen.max, high) });
      }
    }
  });
  return ranges;
}

export function layersOf(cleaned: OnnxFile, keep: Iterable<string> = []) {
  return layOut(rewriter.plan(cleaned), assigned(cleaned, 'int8-all', { keep })).layers;
}

export function observedTensors(cleaned: OnnxFile, keep: Iterable<string> = []): string[] {
  const plan = rewriter.plan(cleaned);
  return tensorsToObserve(plan, layOut(plan, assigned(cleaned, 'int8-all', { keep })));
}

/** `biases`: corrections by name. */
export interface Choice extends Partial<WriteSettings> {
  activations?: 'uint8' | 'int8';
  /** Names of nodes that stay in float. */
  keep?: Iterable<string>;
  biases?: Record<string, Float32Array>;
}

function idOf({ model }: OnnxFile, name: string): NodeId {
  const node = model.graph.nodes.find((one) => one.name === name);
  if (node === undefined) throw new Error(`There is no ${name}.`);
  return node.id;
}

/** What a recipe makes of a cleaned model. */
export function assigned(
  cleaned: OnnxFile,
  recipe: Recipe,
  { activations, keep = [] }: Choice = {},
): Assignment {
  const ids = [...keep].map((name) => idOf(cleaned, name));
  return assignRecipe(
    rewriter.plan(cleaned),
    recipe,
    ids,
    activations ?? (recipe === 'int8-all' ? 'uint8' : null),
  );
}

/** Writes a cleaned model by an assignment, or by a recipe with everything that can be; `kept` is by name. */
export function write(
  cleaned: OnnxFile,
  how: Recipe | Assignment,
  target: string,
  { biases = {}, ...choice }: Choice = {},
): { kept: ReadonlyMap<string, string>; origins: Origins } {
  const assignment = typeof how === 'string' ? assigned(cleaned, how, choice) : how;
  const named = Object.entries(biases).map(
    ([name, correction]) => [idOf(cleaned, name), correction] as const,
  );
  const plan = rewriter.plan(cleaned);
  const asked = typeof how === 'string' ? schemesOf(how) : [];
  const all = { biasCorrections: new Map(named), asked, ...choice };
  const { kept, origins } = writeAssigned(rewriter, cleaned, plan, assignment, all, target);
  const names = new Map(cleaned.model.graph.nodes.map(({ id, name }) => [id, name]));
  return { kept: new Map([...kept].map(([id, reason]) => [names.get(id) ?? '', reason])), origins };
}

/** Input sizes with which ../shared/models/expected-onnx.json says that a real model runs. */
export function runShapes(file: string): Record<string, number[]> {
  if (file === SAMPLE) return { image: [1, 3, 96, 96] };
  const folder = path.resolve('../shared/models');
  const expected = JSON.parse(readFileSync(path.join(folder, 'expected-onnx.json'), 'utf8'));
  return expected[path.relative(folder, file)]?.run_inputs ?? {};
}
