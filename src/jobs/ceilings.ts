import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobContext } from '../evaluation/jobContext';
import { openComplete } from '../formats/index';
import { UsageError } from '../model/modelError';
import type { CeilingsOptions } from '../protocol/options';
import type { CeilingsReport } from '../protocol/roofline';
import { recallCeilings, rememberCeilings } from '../runtime/ceilingMemory';
import { measureCeilings } from '../runtime/ceilings';
import { cpuName } from '../runtime/cpuName';
import { engineThatRuns } from '../runtime/engines';
import { modelInputs } from '../runtime/inputs';
import { sizedEngine } from '../runtime/sizedEngine';

/** What this computer reaches at most with the engine that runs a model: measured once, then remembered. */
export async function run(
  { model, threads, ...choice }: CeilingsOptions,
  { scratch, memory, progress }: JobContext,
): Promise<CeilingsReport> {
  const file = openComplete(model);
  const { id, name, profiling } = file.format;
  try {
    if (profiling?.writeYardsticks === undefined)
      throw new UsageError(`There is no way to measure ceilings for ${name} models.`);
    const inputs = modelInputs(file.infer(choice).graph);
    const engine = await engineThatRuns(id, [model], threads, (one) => sizedEngine(one, inputs, scratch));
    // An engine knows its version once it loaded something.
    await (await engine.load(model, { threads })).close();
    const known = recallCeilings(memory, { engine: engine.name, threads, cpu: cpuName() });
    if (known !== null) return known;
    const folder = await mkdtemp(join(scratch, 'yardsticks-'));
    try {
      const ceilings = await measureCeilings(engine, profiling.writeYardsticks(folder), threads, (fraction) =>
        progress({ message: 'Measuring what this computer reaches at most', fraction }),
      );
      rememberCeilings(memory, ceilings);
      return ceilings;
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  } finally {
    file.close();
  }
}
