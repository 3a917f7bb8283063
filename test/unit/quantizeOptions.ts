import type { QuantizeOptions } from '../../src/protocol/options';

/** What is asked of a job: on random numbers and untimed, unless `more` says otherwise. */
export function quantizeOptions(
  more: Pick<QuantizeOptions, 'model' | 'output' | 'recipe'> & Partial<QuantizeOptions>,
): QuantizeOptions {
  return {
    calibration: null,
    validation: null,
    preprocessing: null,
    calibrationSamples: 20,
    seed: 1,
    keep: [],
    activations: 'auto',
    ports: 'float',
    search: { maxLoss: 1, seconds: 60 },
    measure: false,
    force: false,
    threads: 1,
    runs: 10,
    dims: {},
    shapes: {},
    ...more,
  };
}
