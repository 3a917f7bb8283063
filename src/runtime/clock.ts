import { cpus } from 'node:os';

/** What runs are timed and judged by; tests bring their own. Everything in milliseconds. */
export interface Clock {
  /** Since some moment. */
  now(): number;
  /** CPU time that this process has been given. */
  own(): number;
  /** CPU time that all programs together have been given, on all cores, in steps of about 10 ms. */
  everyone(): number;
  readonly cores: number;
  /** `own` goes in steps that are too long to judge a single run by. */
  readonly coarse: boolean;
}

/** Linux and macOS count CPU time in microseconds; Windows in ticks of 15.6 ms, longer than most runs. */
const COARSE_MS = 1;
/** Longer than any tick. */
const LONGEST_TICK_MS = 50;

class ProcessClock implements Clock {
  readonly cores = Math.max(1, cpus().length);
  #coarse: boolean | undefined;

  now(): number {
    return performance.now();
  }

  own(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }

  everyone(): number {
    return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  }

  get coarse(): boolean {
    this.#coarse ??= step(this) > COARSE_MS;
    return this.#coarse;
  }
}

/** By how much CPU time grows at a time. */
function step(clock: Clock): number {
  const start = clock.now();
  const before = clock.own();
  let after = before;
  while (after === before && clock.now() - start < LONGEST_TICK_MS) after = clock.own();
  return after === before ? LONGEST_TICK_MS : after - before;
}

/** As if nothing else ran on the computer: whoever asks was given more than the time since. */
class CalmClock extends ProcessClock {
  #own = 0;

  override own(): number {
    this.#own += 1e6;
    return this.#own;
  }

  override everyone(): number {
    return 0;
  }

  override get coarse(): boolean {
    return false;
  }
}

/**
 * `CALIPER_CALM_CLOCK` is for the project's own tests, which run beside each other: what they check is not how long
 * something takes, and it must not depend on what else the computer does.
 */
export const processClock: Clock = process.env['CALIPER_CALM_CLOCK'] ? new CalmClock() : new ProcessClock();
