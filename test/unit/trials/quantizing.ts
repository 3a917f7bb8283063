import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { run } from '../../../src/jobs/quantize';
import type { QuantizeOptions } from '../../../src/protocol/options';
import type { Recipe } from '../../../src/protocol/recipes';
import { quantizeOptions } from '../quantizeOptions';

const folder = mkdtempSync(join(tmpdir(), 'caliper-trials-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const trial = (name: string): string => resolve('test/trials', name);

let count = 0;

/** Quantizes as the terminal does, without timing anything. */
export async function quantized(model: string, recipe: Recipe, more: Partial<QuantizeOptions> = {}) {
  const scratch = mkdtempSync(join(folder, 'scratch-'));
  const log: string[] = [];
  const outcome = await run(
    quantizeOptions({
      model,
      output: join(folder, `${count++}`.padStart(2, '0').concat('-result.onnx')),
      recipe,
      activations: 'uint8',
      ...more,
    }),
    { scratch, memory: join(scratch, 'memory'), progress: () => {}, log: (line) => log.push(line) },
  );
  const { report } = outcome;
  const kept = new Map(report.layers.flatMap(({ name, kept }) => (kept === undefined ? [] : [[name, kept]])));
  return { report, kept, log, output: report.output };
}
