import type { ModelFile } from '../../formats/format';
import type { InferredGraph } from '../../model/inference';
import type { DimensionOptions } from '../../protocol/options';
import type { Latency, LayerLatency, MeasuredDevice, ProfileReport, Speedup } from '../../protocol/reports';

/** A model to be measured on a device. */
export interface DeviceModel {
  readonly file: ModelFile;
  readonly inferred: InferredGraph;
}

export interface DeviceSettings extends DimensionOptions {
  readonly threads: number;
  readonly runs: number;
  readonly seed: number;
  /** Layers are timed too. */
  readonly layers: boolean;
  readonly onProgress: (message: string, fraction: number) => void;
}

/** What a device measured of one model. */
export interface ModelMeasurement extends Pick<ProfileReport, 'profileFactor' | 'added'> {
  readonly latency: Latency;
  /** All nodes in the order of the model, those of bodies behind the node that they are in. */
  readonly layers: LayerLatency[];
}

/** What a device measured of one model, or of several in alternation. */
export interface DeviceMeasurement {
  readonly device: MeasuredDevice;
  /** Of the device. */
  readonly cpu: string;
  /** In the order of the models. */
  readonly models: readonly ModelMeasurement[];
  /** Of each further one over the first. */
  readonly speedups: readonly Speedup[];
  readonly notes: readonly string[];
}

/** A device that was found, asked what it is, and can measure. */
export interface Device {
  /** One model, or several in alternation. */
  measure(models: readonly DeviceModel[], settings: DeviceSettings): Promise<DeviceMeasurement>;
}
