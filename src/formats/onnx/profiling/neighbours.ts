import { itemAt } from '../../../model/assert';
import { type InstrumentedLayer, layerOfTensorName } from './instrument';

/** Who reads whose outputs. */
export class Neighbours {
  private readonly readers = new Map<number, number[]>();
  private readonly children = new Map<number, number[]>();

  constructor(private readonly layers: readonly InstrumentedLayer[]) {
    for (const layer of layers) {
      if (layer.parent !== null) push(this.children, layer.parent, layer.index);
      for (const producer of this.producers(layer.index)) push(this.readers, producer, layer.index);
    }
  }

  /** A node inside it, at any depth, has a row. */
  bodyRuns(layer: number, withRow: ReadonlySet<number>): boolean {
    return this.search(layer, (index) => this.children.get(index) ?? [], withRow) !== null;
  }

  /** First layer with a row after this one, else before it. */
  nearest(layer: number, withRow: ReadonlySet<number>): number | null {
    return (
      this.search(layer, (index) => this.readers.get(index) ?? [], withRow) ??
      this.search(layer, (index) => this.producers(index), withRow)
    );
  }

  private producers(layer: number): number[] {
    return (this.layers[layer]?.inputs ?? []).map(layerOfTensorName).filter((index) => index !== null);
  }

  private search(
    start: number,
    next: (layer: number) => readonly number[],
    withRow: ReadonlySet<number>,
  ): number | null {
    const seen = new Set([start]);
    const queue = [start];
    for (let at = 0; at < queue.length; at++) {
      for (const layer of next(itemAt(queue, at))) {
        if (seen.has(layer)) continue;
        if (withRow.has(layer)) return layer;
        seen.add(layer);
        queue.push(layer);
      }
    }
    return null;
  }
}

function push(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
