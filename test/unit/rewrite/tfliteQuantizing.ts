import { join } from 'node:path';
import type { ModelFile } from '../../../src/formats/format';
import type { Range } from '../../../src/formats/plan';
import type { WriteSettings } from '../../../src/formats/rewriter';
import type { TfliteFile } from '../../../src/formats/tflite/file';
import { tflite } from '../../../src/formats/tflite/format';
import { rewriter } from '../../../src/formats/tflite/rewrite';
import { itemAt, present } from '../../../src/model/assert';
import type { Precision } from '../../../src/model/precision';
import { schemeOf } from '../../../src/model/precision';
import { assign, layOut, tensorsToObserve } from '../../../src/quantization/layout';
import { writeAssigned } from '../../../src/quantization/writeAssigned';
import type { Engine, Feeds } from '../../../src/runtime/engine';
import { litert } from '../../../src/runtime/litert';
import { seededNormal } from '../../../src/runtime/random';

const SAMPLES = 8;
let written = 0;

/** By scheme and the type that stands beside it, as recipes choose. */
export function isOf(kind: 'int8' | 'int16' | 'dynamic' | 'int8 weights' | 'int4 weights' | 'float16') {
  return (one: Precision): boolean => {
    switch (kind) {
      case 'int8':
      case 'int16':
        return schemeOf(one) === 'static' && one.activations === kind;
      case 'dynamic':
        return schemeOf(one) === 'dynamic';
      case 'float16':
        return one.weights === 'float16';
      default:
        return schemeOf(one) === 'weights' && `${one.weights} weights` === kind;
    }
  };
}

/** Random numbers for every input, always the same. */
export function randomFeeds(file: ModelFile): Feeds[] {
  const normal = seededNormal(5);
  return Array.from({ length: SAMPLES }, () =>
    Object.fromEntries(
      file.model.graph.inputs.map(({ name, statedShape = [] }) => {
        const data = new Float32Array(statedShape.reduce((a, b) => a * b, 1)).map(() => normal());
        return [name, { type: 'float32' as const, shape: [...statedShape], data }];
      }),
    ),
  );
}

/** Outputs of a file on what it is fed, in order. */
export async function run(
  path: string,
  feeds: readonly Feeds[],
  engine: Engine = litert,
): Promise<number[][]> {
  const session = await engine.load(path, { threads: 1 });
  try {
    const results: number[][] = [];
    for (const one of feeds) {
      const outputs = await session.run(one);
      results.push(
        session.outputs.flatMap(({ name }) => Array.from(present(outputs[name], name).data, Number)),
      );
    }
    return results;
  } finally {
    await session.close();
  }
}

export function decibels(expected: readonly number[][], given: readonly number[][]): number {
  let [signal, noise] = [0, 0];
  expected.forEach((row, sample) => {
    row.forEach((value, at) => {
      signal += value ** 2;
      noise += (value - itemAt(itemAt(given, sample), at)) ** 2;
    });
  });
  return 10 * Math.log10(signal / noise);
}

/** Writes a float model in a precision, calibrated on what it is fed, and opens the result. */
export async function quantized(
  file: ModelFile,
  wanted: (precision: Precision) => boolean,
  feeds: readonly Feeds[],
  folder: string,
  settings: Partial<WriteSettings> = {},
): Promise<{ file: TfliteFile; kept: ReadonlyMap<string, string> }> {
  const plan = rewriter.plan(file);
  const assignment = assign(plan, wanted);
  const tensors = tensorsToObserve(plan, layOut(plan, assignment));
  const ranges = await rangesOf(file, tensors, feeds, folder);
  const target = join(folder, `quantized${written++}.tflite`);
  const { kept } = writeAssigned(
    rewriter,
    file,
    plan,
    assignment,
    { ranges, ...settings, asked: [] },
    target,
  );
  return { file: tflite.open(target), kept };
}

/** Smallest and largest values by what the copy with ranges says. */
export async function rangesOf(
  file: ModelFile,
  tensors: readonly string[],
  feeds: readonly Feeds[],
  folder: string,
): Promise<Map<string, Range>> {
  const ranges = new Map<string, Range>();
  if (tensors.length === 0) return ranges;
  const copy = join(folder, `ranges${written++}.tflite`);
  const names = present(rewriter.observing, 'observing').withRanges(file, tensors, copy);
  const session = await litert.load(copy, { threads: 1 });
  for (const one of feeds) {
    const outputs = await session.run(one);
    for (const [tensor, { min, max }] of names) {
      const [low, high] = [min, max].map((name) => Number(present(outputs[name], name).data[0])) as [
        number,
        number,
      ];
      const known = ranges.get(tensor) ?? { min: low, max: high };
      ranges.set(tensor, { min: Math.min(low, known.min), max: Math.max(high, known.max) });
    }
  }
  await session.close();
  return ranges;
}
