import type { Clock } from '../../src/runtime/clock';
import type { Engine, Session } from '../../src/runtime/engine';

/** What other programs do on a fake machine: ours has the processor for `slice` ms, then waits for `wait` ms. */
export interface Load {
  readonly slice: number;
  readonly wait: number;
}

/** So long after other programs had the processor everything takes twice as long: the caches hold what is theirs. */
const COLD_MS = 0.8;

/** A machine with a scheduler and cold caches, whose time only goes on while something works on it. */
export class FakeMachine implements Clock {
  readonly cores: number;
  readonly coarse: boolean;
  load: Load | null = null;
  #now = 0;
  #own = 0;
  #others = 0;
  #left = 0;
  #cold = 0;

  constructor({ cores = 2, coarse = false } = {}) {
    this.cores = cores;
    this.coarse = coarse;
  }

  now(): number {
    return this.#now;
  }

  own(): number {
    return this.#own;
  }

  everyone(): number {
    return this.#own + this.#others;
  }

  /** `ms` of work with warm caches. */
  work(ms: number): void {
    let rest = ms;
    while (rest > 1e-9) {
      const cold = this.#cold > 1e-9;
      const slice = this.load === null ? Number.POSITIVE_INFINITY : this.#left;
      // With cold caches half as much is done in the same time.
      const step = Math.min(slice, cold ? Math.min(this.#cold, 2 * rest) : rest);
      this.#now += step;
      this.#own += step;
      if (this.load !== null) this.#left -= step;
      if (cold) this.#cold -= step;
      rest -= cold ? step / 2 : step;
      if (this.load !== null && this.#left <= 1e-9) this.#wait(this.load);
    }
  }

  #wait({ slice, wait }: Load): void {
    this.#now += wait;
    this.#others += this.cores * wait;
    this.#left = slice;
    this.#cold = COLD_MS;
  }
}

/** Models by their path, each of which takes so many milliseconds a run on this machine. */
export function fakeEngine(machine: FakeMachine, latencies: Readonly<Record<string, number>>): Engine {
  return {
    name: 'fake',
    async load(path): Promise<Session> {
      machine.work(1);
      return {
        inputs: [],
        outputs: [],
        async run(feeds) {
          machine.work(latencies[path] ?? Number.NaN);
          return feeds;
        },
        async close() {},
      };
    },
  };
}
