import type { Latency, Speedup } from '../../protocol/reports';
import { REPETITIONS, speedup, type Timing } from '../measure';
import { bootstrapInterval, median, repetitionInterval } from '../statistics';

/** As `measure.ts`: below 7 sessions a bootstrap says little. */
const ROUNDS = 7;

/** One start of a program that loads a model and runs it many times: a session. */
export interface Session {
  /** Median of its runs in milliseconds, or their mean where the program gives no median. */
  readonly ms: number;
  readonly runs: number;
}

/**
 * Starts the program for each model in turns, in one order and then in the other, so that the device's becoming warm
 * meets all alike. @returns the sessions of each model, in the order of rounds
 */
export async function alternate<S extends Session>(
  models: number,
  start: (model: number, round: number) => Promise<S>,
  onProgress: (fraction: number) => void,
): Promise<S[][]> {
  const sessions = Array.from({ length: models }, (): S[] => []);
  let done = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const order = [...sessions.keys()];
    for (const model of round % 2 === 0 ? order : order.reverse()) {
      onProgress(done++ / (models * ROUNDS));
      sessions[model]?.push(await start(model, round));
    }
  }
  return sessions;
}

/** Median and interval of a model's sessions. */
export function latencyOf(sessions: readonly Session[], seed: number): Latency {
  const values = sessions.map(({ ms }) => ms);
  const middle = median(values);
  return {
    median: middle,
    p90: null,
    ci95: repetitionInterval(bootstrapInterval(values, median, seed), middle, REPETITIONS.latency),
    runs: sessions.reduce((sum, { runs }) => sum + runs, 0),
  };
}

/** Speed-up of each further model over the first, which were measured in the same rounds. */
export function speedupsOf(sessions: readonly (readonly Session[])[], seed: number): Speedup[] {
  const [before, ...others] = sessions.map((one) => timing(one, seed));
  return before === undefined ? [] : others.map((after) => speedup(before, after, seed));
}

function timing(sessions: readonly Session[], seed: number): Timing {
  const latency = latencyOf(sessions, seed);
  const values = sessions.map(({ ms }) => ms);
  return { latency, sessionMedians: values, sessionQuartiles: values, runs: latency.runs ?? 0 };
}
