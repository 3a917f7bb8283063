import type { Clock } from './clock';

/** Background work of less than so many cores is always there, and the quick runs do not meet it. */
const BACKGROUND_CORES = 0.25;
/** The time of all programs is known in such steps, on every core. */
const TICK_MS = 10;

/** What other programs take of the processor from now on. */
export class Others {
  readonly #start: { now: number; own: number; everyone: number };

  constructor(private readonly clock: Clock) {
    this.#start = { now: clock.now(), own: clock.own(), everyone: clock.everyone() };
  }

  /** Whether they left so many cores free on average. */
  leave(threads: number): boolean {
    const { clock } = this;
    const { now, own, everyone } = this.#start;
    const wall = clock.now() - now;
    const others = clock.everyone() - everyone - (clock.own() - own);
    const wanted = Math.min(threads, clock.cores);
    return others <= (clock.cores - wanted + BACKGROUND_CORES) * wall + TICK_MS * clock.cores;
  }
}
