import { elsewhereOf } from '../evaluation/elsewhere';
import type { JobContext } from '../evaluation/jobContext';
import { openComplete } from '../formats/index';
import { itemAt, present } from '../model/assert';
import { UsageError } from '../model/modelError';
import type { ProfileOptions } from '../protocol/options';
import { CONTRACT_VERSION, type ProfileReport } from '../protocol/reports';
import { modelInputs } from '../runtime/inputs';

/** Latency of a model and of its layers on another device than this computer, with random inputs of that device's. */
export async function profileElsewhere(options: ProfileOptions, context: JobContext): Promise<ProfileReport> {
  if (options.signature !== undefined)
    throw new UsageError('Signatures are run on this computer alone: leave out --signature or --device.');
  const file = openComplete(options.model);
  try {
    const elsewhere = present(await elsewhereOf(options, context), 'device');
    const measured = await elsewhere([file], (message, fraction) => context.progress({ message, fraction }));
    const { device, cpu, models, notes } = measured;
    const { engine, threads, conditions, ...report } = device;
    const { latency, ...rows } = itemAt(models, 0);
    const ignored = [
      ...(options.data === null ? [] : ['The device ran random inputs: data stays on this computer.']),
      ...(options.trace === null ? [] : ['There is no trace of what runs on another device.']),
    ];
    const inputs = modelInputs(file.infer(options).graph);
    return {
      version: CONTRACT_VERSION,
      file: file.model.file,
      ...{ engine, cpu, threads, device: report },
      runs: latency.runs ?? options.runs,
      latencyMs: latency,
      inputs: 'random',
      inputShapes: inputs.map(({ name, shape }) => ({ name, shape: [...shape] })),
      ...rows,
      ...(conditions === undefined ? {} : { conditions }),
      notes: [...notes, ...ignored],
    };
  } finally {
    file.close();
  }
}
