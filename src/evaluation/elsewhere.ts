import type { ModelFile } from '../formats/format';
import { present } from '../model/assert';
import type { DimensionOptions, MeasureOptions } from '../protocol/options';
import type { Device, DeviceMeasurement } from '../runtime/devices/measurement';
import { openDevice } from '../runtime/devices/openDevice';
import type { JobContext } from './jobContext';

/** Measures models on another device than this computer. */
export type Elsewhere = (
  models: readonly ModelFile[],
  onProgress: (message: string, fraction: number) => void,
) => Promise<DeviceMeasurement>;

/**
 * How models are measured on the chosen device, which is looked for at once: before anything that takes long is done.
 *
 * @returns null where that is this computer
 * @throws ModelError with what to do where it cannot be reached or cannot measure
 */
export async function elsewhereOf(
  options: MeasureOptions & DimensionOptions & { seed: number },
  around: JobContext,
): Promise<Elsewhere | null> {
  const choice = options.device ?? null;
  if (choice === null) return null;
  around.progress({ message: 'Looking for the device', fraction: 0 });
  const device: Device = await openDevice(choice, present(around.devices, 'way to devices'));
  const { threads, runs, seed, dims, shapes } = options;
  return (files, onProgress) => {
    const models = files.map((file) => ({ file, inferred: file.infer({ dims, shapes }).graph }));
    return device.measure(models, { threads, runs, seed, dims, shapes, layers: true, onProgress });
  };
}
