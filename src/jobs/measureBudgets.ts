import type { Measure, MeasuredFigures, MeasureRequest } from '../budgets/measured';
import { type DeviceChoice, THIS_COMPUTER } from '../protocol/devices';
import type { CompareOptions, MeasureOptions, ProfileOptions } from '../protocol/options';
import { PRESET_VALUES } from '../protocol/presets';
import type { ModelsComparison, ProfileReport } from '../protocol/reports';

export type { MeasuredFigures, MeasureRequest };

/** What runs the two jobs that limits need; null: it was cancelled. */
export interface BudgetJobs {
  readonly profile: (options: ProfileOptions) => Promise<ProfileReport | null>;
  readonly compare: (options: CompareOptions) => Promise<ModelsComparison | null>;
}

/** Measures what limits ask for by jobs: a model alone, or a reference and the model in turns, in one run. */
export function measuringBudgets(jobs: BudgetJobs, measure: MeasureOptions & { seed: number }): Measure {
  return async (request) => {
    const { model, reference, sizes, data, latency } = request;
    const shared = { ...measure, ...sizes, device: deviceOf(request) };
    if (reference === null) {
      const report = await jobs.profile({ ...shared, model, data: null, preprocessing: null, trace: null });
      return report && { latencyMs: report.latencyMs, relative: null, accuracy: null };
    }
    const report = await jobs.compare({
      ...shared,
      models: [reference, model],
      data: data && { path: data.data, labels: data.labels, labelOffset: data.labelOffset },
      preprocessing: data?.preset ? { ...PRESET_VALUES[data.preset] } : null,
      measure: latency,
    });
    return report && figuresOf(report, data !== null);
  };
}

function deviceOf({ device }: MeasureRequest): DeviceChoice | null {
  return device === null || device === THIS_COMPUTER ? null : { id: device, delegate: 'xnnpack' };
}

function figuresOf({ latencyMs, accuracy }: ModelsComparison, scored: boolean): MeasuredFigures {
  const speedup = latencyMs?.speedup;
  return {
    latencyMs: latencyMs?.after ?? null,
    // A speed-up is the latency before over that after; a limit is on what it is after, over before.
    relative:
      speedup === undefined
        ? null
        : { ratio: 1 / speedup.ratio, ci95: [1 / speedup.ci95[1], 1 / speedup.ci95[0]] },
    // On random inputs it says nothing of accuracy.
    accuracy: scored ? accuracy : null,
  };
}
