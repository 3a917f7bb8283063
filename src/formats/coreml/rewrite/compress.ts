import { itemAt } from '../../../model/assert';
import { fromHalves, LARGEST_HALF, toHalf, toHalves } from '../../../model/float16';
import { type Precision, paletteBits } from '../../../model/precision';
import { roundHalfToEven } from '../../../model/rounding';
import { balance } from '../../compression/balance';
import { type Blocks, blocksAlong, countOf, nearestDivisor, visitBlocks } from '../../compression/blocks';
import type { Grid } from '../../compression/grid';
import { nearestEntries, paletteOf } from '../../compression/palette';
import { magnitudeMask } from '../../compression/pruning';
import type { CarefulRounding } from '../../rewriter';
import { LARGEST, quantizeWeights, weightGroups } from '../../uniform';

/** A weight that is to be stored in fewer bits. */
export interface FloatWeight {
  /** Of the operation that reads it, and so of what it is decompressed to. */
  readonly type: 'float32' | 'float16';
  readonly shape: readonly number[];
  /** Along which each index is an output channel. */
  readonly channelAxis: number;
  /** Along which blocks of neighbours within a channel lie; the same axis: there are none. */
  readonly blockAxis: number;
}

/** What a weight became; all that is not in the mask is zero and not stored, `values` and `indices` hold it all the same. */
export type Compressed = {
  /** Of each element, 1 where it is stored; null: all are. */
  readonly mask: Uint8Array | null;
} & (
  | { readonly form: 'float'; readonly values: Float32Array }
  | { readonly form: 'float16'; readonly halves: Uint16Array }
  | {
      readonly form: 'linear';
      readonly bits: 8 | 4;
      readonly values: Int8Array;
      /** As the weight's type has them, one a block. */
      readonly scales: Float32Array;
      readonly blocks: Blocks;
    }
  | {
      readonly form: 'palette';
      readonly bits: number;
      readonly indices: Uint8Array;
      /** As the weight's type has them, 2^bits for each block. */
      readonly tables: Float32Array;
      readonly blocks: Blocks;
    }
);

/**
 * Stores a weight at a precision; null where float16 cannot hold it.
 *
 * @param values finite.
 * @param rounding to the scales or tables that are found here; null: to the nearest.
 */
export function compress(
  weight: FloatWeight,
  values: Float32Array,
  precision: Precision,
  rounding: CarefulRounding | null = null,
): Compressed | null {
  const mask = precision.sparsity ? maskOf(values, precision.sparsity) : null;
  const kept = mask === null ? values : values.map((value, i) => (mask[i] === 1 ? value : 0));
  const bits = paletteBits(precision.weights);
  if (bits !== null)
    return {
      mask,
      ...palettes(
        weight,
        { values, kept, mask, rounding },
        bits,
        division(weight, precision.granularity).blocks,
      ),
    };
  switch (precision.weights) {
    case 'float16':
      return values.every((value) => Math.abs(value) <= LARGEST_HALF)
        ? { mask, form: 'float16', halves: toHalves(kept) }
        : null;
    case 'int8':
    case 'int4': {
      const { blocks, groups } = division(weight, precision.granularity);
      const { values: integers, scales } = quantizeWeights(kept, groups, precision.weights, null, (scale) =>
        storedScale(scale, weight.type),
      );
      const careful = rounding?.(
        values,
        masked(mask, linearGrid(weight.shape, blocks, scales, LARGEST[precision.weights])),
      );
      return {
        mask,
        form: 'linear',
        bits: precision.weights === 'int8' ? 8 : 4,
        values: careful === undefined ? integers : Int8Array.from(careful),
        scales,
        blocks,
      };
    }
    default:
      return { mask, form: 'float', values: kept };
  }
}

/** What the stored numbers stand for, as numbers of the weight's type. */
export function decompress(weight: FloatWeight, compressed: Compressed): Float32Array {
  const { type, shape } = weight;
  switch (compressed.form) {
    case 'float':
      return compressed.values;
    case 'float16':
      return fromHalves(compressed.halves);
    case 'linear': {
      const { values, scales, blocks } = compressed;
      const result = Float32Array.from(values);
      visitBlocks(shape, blocks, (start, end, block) => {
        const scale = itemAt(scales, block);
        for (let i = start; i < end; i++) result[i] = (result[i] ?? Number.NaN) * scale;
      });
      return type === 'float16' ? fromHalves(toHalves(result)) : result;
    }
    case 'palette': {
      const { indices, tables, bits, blocks, mask } = compressed;
      const result = new Float32Array(indices.length);
      visitBlocks(shape, blocks, (start, end, block) => {
        const table = block * 2 ** bits;
        for (let i = start; i < end; i++)
          result[i] = mask?.[i] === 0 ? 0 : (tables[table + (indices[i] ?? Number.NaN)] ?? Number.NaN);
      });
      return result;
    }
  }
}

/** Integers between limits as large on both sides, times the scale of their block. */
function linearGrid(shape: readonly number[], blocks: Blocks, scales: Float32Array, largest: number): Grid {
  const block = blockOfEach(shape, blocks);
  const scaleAt = (at: number) => scales[block[at] as number] as number;
  return {
    nearest: (at, value) => Math.max(-largest, Math.min(largest, roundHalfToEven(value / scaleAt(at)))),
    real: (at, integer) => integer * scaleAt(at),
  };
}

/** Entries of the ascending table of their block. */
function paletteGrid(shape: readonly number[], blocks: Blocks, tables: Float32Array, size: number): Grid {
  const block = blockOfEach(shape, blocks);
  const borders = Float64Array.from(
    tables,
    (entry, i) => (entry + (tables[i + 1] ?? Number.POSITIVE_INFINITY)) / 2,
  );
  return {
    nearest: (at, value) => {
      const first = (block[at] as number) * size;
      let low = 0;
      let high = size - 1;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((borders[first + middle] as number) < value) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    real: (at, index) => tables[(block[at] as number) * size + index] as number,
  };
}

function blockOfEach(shape: readonly number[], blocks: Blocks): Uint32Array {
  const result = new Uint32Array(shape.reduce((product, size) => product * size, 1));
  visitBlocks(shape, blocks, (start, end, block) => result.fill(block, start, end));
  return result;
}

/** What is not stored is zero, whatever its code. */
function masked(mask: Uint8Array | null, grid: Grid): Grid {
  if (mask === null) return grid;
  return {
    nearest: (at, value) => (mask[at] === 0 ? 0 : grid.nearest(at, value)),
    real: (at, code) => (mask[at] === 0 ? 0 : grid.real(at, code)),
  };
}

/** What is zero already is not stored either. */
function maskOf(values: Float32Array, sparsity: number): Uint8Array {
  return magnitudeMask(values, sparsity).map((kept, i) => (values[i] === 0 ? 0 : kept));
}

/** float16 has no scales below its smallest; a weight that small becomes zero, whatever the scale. */
function storedScale(scale: number, type: FloatWeight['type']): number {
  return type === 'float16' ? rounded(scale, type) || 1 : Math.fround(scale);
}

function rounded(value: number, type: FloatWeight['type']): number {
  return type === 'float16' ? itemAt(fromHalves([toHalf(value)]), 0) : Math.fround(value);
}

/** The blocks that share a scale or a table, and the same as groups around one axis. */
function division({ shape, channelAxis, blockAxis }: FloatWeight, granularity: Precision['granularity']) {
  if (granularity === 'tensor') return { blocks: shape.map(() => 1), groups: weightGroups(shape, null) };
  const channels = itemAt(shape, channelAxis);
  if (typeof granularity === 'object' && 'channels' in granularity) {
    const together = nearestDivisor(channels, granularity.channels);
    return {
      blocks: blocksAlong(shape, channelAxis, channels / together),
      groups: weightGroups(shape, channelAxis, together),
    };
  }
  if (granularity === 'channel' || blockAxis === channelAxis)
    return { blocks: blocksAlong(shape, channelAxis), groups: weightGroups(shape, channelAxis) };
  const size = itemAt(shape, blockAxis);
  const block = nearestDivisor(size, granularity.block);
  const behind = blockAxis > channelAxis;
  const blocks = shape.map((length, axis) => {
    if (axis === blockAxis) return size / block;
    return behind && axis > blockAxis ? 1 : length;
  });
  if (!behind) return { blocks, groups: weightGroups(shape, blockAxis, block) };
  // What lies behind the axis of the blocks, a kernel's places, is part of them.
  const inner = shape.slice(blockAxis + 1).reduce((product, length) => product * length, 1);
  const flat = [...shape.slice(0, blockAxis), size * inner];
  return { blocks, groups: weightGroups(flat, blockAxis, block * inner) };
}

/** A weight before its palettes are found. */
interface Unrounded {
  readonly values: Float32Array;
  /** Zero where the mask is. */
  readonly kept: Float32Array;
  readonly mask: Uint8Array | null;
  readonly rounding: CarefulRounding | null;
}

function palettes(weight: FloatWeight, unrounded: Unrounded, bits: number, blocks: Blocks) {
  const { type, shape } = weight;
  const { kept: values, mask, rounding } = unrounded;
  const count = countOf(blocks);
  const sizes = new Uint32Array(count);
  const stored = (i: number) => mask === null || mask[i] === 1;
  visitBlocks(shape, blocks, (start, end, block) => {
    for (let i = start; i < end; i++) if (stored(i)) sizes[block] = itemAt(sizes, block) + 1;
  });
  const gathered = Array.from(sizes, (size) => new Float32Array(size));
  const filled = new Uint32Array(count);
  const each = (take: (element: number, block: number, place: number) => void): void => {
    filled.fill(0);
    visitBlocks(shape, blocks, (start, end, block) => {
      let place = itemAt(filled, block);
      for (let i = start; i < end; i++) if (stored(i)) take(i, block, place++);
      filled[block] = place;
    });
  };
  each((element, block, place) => {
    itemAt(gathered, block)[place] = values[element] ?? Number.NaN;
  });
  const tables = new Float32Array(count * 2 ** bits);
  const nearest = gathered.map((weights, block) => {
    // All of it is pruned.
    if (weights.length === 0) return new Uint8Array();
    const table = paletteOf(weights, bits, (entry) => rounded(entry, type));
    tables.set(table, block * 2 ** bits);
    return nearestEntries(weights, table);
  });
  const indices = new Uint8Array(values.length);
  each((element, block, place) => {
    indices[element] = itemAt(nearest, block)[place] ?? 0;
  });
  if (rounding === null) balanceChannels(weight, { values, mask, bits, indices, tables, blocks });
  else {
    const grid = masked(mask, paletteGrid(shape, blocks, tables, 2 ** bits));
    indices.set(rounding(unrounded.values, grid));
  }
  return { form: 'palette' as const, bits, indices, tables, blocks };
}

/** Each output channel by itself, whose errors add up in what it gives. */
function balanceChannels(
  { shape, channelAxis }: FloatWeight,
  palette: {
    readonly values: Float32Array;
    readonly mask: Uint8Array | null;
    readonly bits: number;
    readonly indices: Uint8Array;
    readonly tables: Float32Array;
    readonly blocks: Blocks;
  },
): void {
  const { values: weights, mask, bits, indices, tables, blocks } = palette;
  const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);
  const channels = itemAt(shape, channelAxis);
  const outer = product(shape.slice(0, channelAxis));
  const inner = product(shape.slice(channelAxis + 1));
  const together = channels / itemAt(blocks, channelAxis);
  const places = new Uint32Array(outer * inner);
  for (let channel = 0; channel < channels; channel++) {
    let count = 0;
    for (let o = 0; o < outer; o++) {
      const start = (o * channels + channel) * inner;
      for (let i = start; i < start + inner; i++) if (mask === null || mask[i] === 1) places[count++] = i;
    }
    const first = Math.floor(channel / together) * 2 ** bits;
    const table = tables.subarray(first, first + 2 ** bits);
    balance({ elements: places.subarray(0, count), weights, indices, table });
  }
}
