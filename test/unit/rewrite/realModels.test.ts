import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OnnxFile } from '../../../src/formats/onnx/file';
import { onnx } from '../../../src/formats/onnx/format';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import type { Feeds } from '../../../src/runtime/engine';
import { realModels } from '../support';
import { workshop } from './small';
import {
  calibrate,
  decibels,
  evaluate,
  feedsFor,
  fusedOperators,
  layersOf,
  observedTensors,
  run,
  runShapes,
  withSession,
  write,
} from './support';

const { fresh } = workshop();

/** Of ../shared/models/onnx: an operator that no engine knows, and a model whose input decides a branch. */
const CANNOT_RUN = ['finn_cybsec_mlp_build_dataflow.onnx', 'silero_vad.onnx'];
const runnable = realModels().filter((file) => !CANNOT_RUN.includes(path.basename(file)));

interface Original {
  file: OnnxFile;
  feeds: Feeds[];
  outputs: Feeds[];
  cleaned: OnnxFile;
}

const known = new Map<string, Promise<Original>>();

/** Cleaned once for all tests. */
function cleanedOf(model: string): Promise<Original> {
  const original = known.get(model) ?? prepare(model);
  known.set(model, original);
  return original;
}

async function prepare(model: string): Promise<Original> {
  const file = onnx.open(model);
  const target = fresh();
  await rewriter.clean(file, target, evaluate);
  return withSession(model, async (session) => {
    const feeds = [1, 2].map((seed) => feedsFor(session, runShapes(model), seed));
    const outputs: Feeds[] = [];
    for (const feed of feeds) outputs.push(await session.run(feed));
    return { file, feeds, outputs, cleaned: onnx.open(target) };
  });
}

describe('a real model', () => {
  it.each(runnable)('%s cleaned gives the same', async (model) => {
    const { feeds, outputs, cleaned } = await cleanedOf(model);
    for (const [index, feed] of feeds.entries())
      expect(decibels(outputs[index] ?? {}, await run(cleaned.path, feed))).toBeGreaterThan(100);
    const inputs = new Set(cleaned.proto.graph?.input.map(({ name }) => name));
    expect(cleaned.proto.graph?.initializer.filter(({ name }) => inputs.has(name))).toEqual([]);
  });

  it.each(runnable)('%s is quantized to int8, or a reason is given', async (model) => {
    const { file, feeds, outputs, cleaned } = await cleanedOf(model);
    const refusal = rewriter.refusal(file, 'int8');
    if (refusal !== null) {
      expect(refusal).toMatch(/^The model is quantized already: .*\.$/);
      return;
    }
    const layers = layersOf(cleaned);
    expect(layers.length).toBeGreaterThan(0);
    const ranges = await calibrate(cleaned, feeds, fresh());
    for (const activations of ['uint8', 'int8'] as const) {
      const target = fresh();
      write(cleaned, 'int8-all', target, { ranges, activations });
      const noise = decibels(outputs[0] ?? {}, await run(target, feeds[0] ?? {}));
      // Random inputs: the worst real one is 7 dB (a logarithm of a spectrum).
      expect(noise).toBeGreaterThan(5);
      // On x86 the engine turns int8 activations into uint8, and leaves tensors with several readers half done.
      if (activations === 'uint8') expect(await fusedOperators(target, fresh())).not.toHaveProperty('Conv');
    }
  });

  it.each(runnable)('%s with every layer kept is the cleaned model', async (model) => {
    const { file, cleaned } = await cleanedOf(model);
    if (rewriter.refusal(file, 'int8') !== null) return;
    const keep = layersOf(cleaned).map((layer) => layer.name);
    expect(layersOf(cleaned, keep)).toEqual([]);
    expect(observedTensors(cleaned, keep)).toEqual([]);
    const target = fresh();
    write(cleaned, 'int8-all', target, { keep });
    expect(readFileSync(target).equals(readFileSync(cleaned.path))).toBe(true);
  });

  it.each(runnable)('%s is quantized dynamically, and to float16', async (model) => {
    const { file, feeds, outputs, cleaned } = await cleanedOf(model);
    for (const recipe of ['int8-dynamic', 'float16'] as const) {
      if (rewriter.refusal(file, recipe) !== null) continue;
      const target = fresh();
      write(cleaned, recipe, target, { reduceRange: true });
      // A bit less of the weights costs up to 6 dB.
      const least = recipe === 'float16' ? 25 : 25 - 6;
      expect(decibels(outputs[0] ?? {}, await run(target, feeds[0] ?? {}))).toBeGreaterThan(least);
      if (recipe === 'float16')
        expect(onnx.open(target).model.fileBytes).toBeLessThan(0.75 * cleaned.model.fileBytes);
    }
  });
});
