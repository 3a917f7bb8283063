import type { ModelFile } from '../../formats/format';
import type { InferredGraph } from '../../model/inference';
import type { InspectReport } from '../../protocol/reports';
import type { DeviceFit } from '../../protocol/targets';
import { microMemory } from '../micro/memory';
import type { DeviceProfile } from './profiles';

/** Whether a model has room on a device: its file in flash, and what it needs while it runs in RAM. */
export function fitOn(
  file: Pick<ModelFile, 'format'>,
  { totals, fileBytes, externalBytes }: Pick<InspectReport, 'totals' | 'fileBytes' | 'externalBytes'>,
  graph: InferredGraph,
  device: DeviceProfile,
): DeviceFit {
  const stored = fileBytes + externalBytes;
  const peak = totals.arenaBytes ?? totals.peakActivationBytes;
  const micro = device.runsFromFlash && file.format.id === 'tflite' ? microMemory(graph).bytes : undefined;
  const activations = micro === undefined ? peak : micro;
  const needed = activations === null ? null : device.runsFromFlash ? activations : activations + stored;
  return {
    device: device.id,
    name: device.name,
    flash: room(stored, device.flash),
    ram: room(needed, device.ram),
    ramOf:
      micro !== undefined
        ? 'arena of TFLite Micro'
        : device.runsFromFlash
          ? 'activations'
          : 'activations and weights',
    // Every weight must pass once a run; caches may hold small models.
    weightsMs:
      device.bandwidth === null || totals.parameterBytes === null
        ? null
        : (totals.parameterBytes / device.bandwidth) * 1000,
    source: { ...device.source },
  };
}

function room(needed: number | null, has: number | null): DeviceFit['flash'] {
  return { needed, has, left: needed === null || has === null ? null : has - needed };
}
