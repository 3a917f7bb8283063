import { itemAt } from '../../model/assert';

/** Layers in order, and how many tensors lead from those before each one to it and those behind it. */
export interface Chain {
  /** What each layer does, as a number: equal ones do the same. */
  readonly kinds: readonly number[];
  /** `crossing[i]`: tensors that layers before `i` give and `i` or a later one takes. */
  readonly crossing: readonly number[];
}

/** From the first layer to the one behind the last. */
export interface Block {
  readonly from: number;
  readonly to: number;
}

/** A block has at least this many layers: a convolution with its activation is no module. */
const MIN_BLOCK = 3;
/** The longest block that is looked for; a transformer's layer has some 100 nodes when nothing is fused. */
const MAX_BLOCK = 512;
/** Kinds that are compared in all: with longer chains, shorter blocks alone are looked for. */
const MAX_COMPARED = 50_000_000;

/**
 * The blocks that a chain of layers is made of: sequences that repeat one behind the other, begun where the fewest
 * tensors cross; in what is left, stretches that a skip connection spans, between places where one tensor crosses. Near
 * linear in the number of layers. In order, without overlaps.
 */
export function findBlocks(chain: Chain): Block[] {
  const repeated = repeats(chain);
  const blocks: Block[] = [];
  let from = 0;
  for (const block of [...repeated, { from: chain.kinds.length, to: chain.kinds.length }]) {
    blocks.push(...spanned(chain, from, block.from));
    if (block.to > block.from) blocks.push(block);
    from = block.to;
  }
  return blocks;
}

interface Run extends Block {
  readonly period: number;
}

function repeats(chain: Chain): Block[] {
  const runs = equalRuns(chain.kinds).sort(
    (a, b) => b.to - b.from - (a.to - a.from) || a.period - b.period || a.from - b.from,
  );
  const taken = new Uint8Array(chain.kinds.length);
  const blocks: Block[] = [];
  for (const run of runs) {
    let { from, to } = run;
    while (from < to && taken[from] === 1) from++;
    while (to > from && taken[to - 1] === 1) to--;
    // What lies in the middle of it is another run's already.
    if (to - from < 2 * run.period || taken.subarray(from, to).includes(1)) continue;
    for (const block of cut(chain, { from, to, period: run.period })) {
      blocks.push(block);
      taken.fill(1, block.from, block.to);
    }
  }
  return blocks.sort((a, b) => a.from - b.from);
}

/** Stretches in which every layer does what the one a period behind it does; at least two periods long. */
function equalRuns(kinds: readonly number[]): Run[] {
  const longest = Math.min(
    MAX_BLOCK,
    kinds.length >> 1,
    Math.floor(MAX_COMPARED / Math.max(1, kinds.length)),
  );
  const runs: Run[] = [];
  for (let period = MIN_BLOCK; period <= longest; period++) {
    let from = 0;
    for (let at = 0; at + period <= kinds.length; at++) {
      if (at + period < kinds.length && kinds[at] === kinds[at + period]) continue;
      if (at - from >= period && varied(kinds, from, from + period))
        runs.push({ from, to: at + period, period });
      from = at + 1;
    }
  }
  return runs;
}

/** Many times the same layer is one layer many times, not a block. */
function varied(kinds: readonly number[], from: number, to: number): boolean {
  for (let at = from + 1; at < to; at++) if (kinds[at] !== kinds[from]) return true;
  return false;
}

/** A run in whole periods, begun where the fewest tensors cross between them. */
function cut({ crossing }: Chain, { from, to, period }: Run): Block[] {
  let best = from;
  let fewest = Number.POSITIVE_INFINITY;
  for (let start = from; start < from + period; start++) {
    const count = Math.floor((to - start) / period);
    if (count < 2) break;
    let sum = 0;
    for (let turn = 1; turn < count; turn++) sum += itemAt(crossing, start + turn * period);
    const mean = sum / (count - 1);
    if (mean < fewest) [best, fewest] = [start, mean];
  }
  return Array.from({ length: Math.floor((to - best) / period) }, (_, turn) => ({
    from: best + turn * period,
    to: best + (turn + 1) * period,
  }));
}

/** Stretches between places where at most one tensor crosses, within which more do. */
function spanned({ crossing }: Chain, from: number, to: number): Block[] {
  const blocks: Block[] = [];
  let start = from;
  for (let at = from + 1; at <= to; at++) {
    if (at < to && itemAt(crossing, at) > 1) continue;
    if (at - start >= MIN_BLOCK) blocks.push({ from: start, to: at });
    start = at;
  }
  return blocks;
}
