import type { LayerArguments } from '../arguments';
import type { Dim } from '../sizes';

/** Names of the axes between the batch and the channels. */
export const AXES: readonly (readonly string[])[] = [[], ['steps'], ['H', 'W'], ['D', 'H', 'W']];

/** The input's sizes, unknown ones by the names of their axes; `channels_first` has the channels after the batch. */
export interface PictureInput {
  readonly batch: Dim;
  readonly space: readonly Dim[];
  readonly channels: Dim;
  readonly first: boolean;
}

export function picture(args: LayerArguments, rank: number): PictureInput {
  const first = args.text('data_format') === 'channels_first';
  const shape = args.input();
  const at = (axis: number, name: string): Dim => (shape?.length === rank + 2 ? shape[axis] : null) ?? name;
  const space = (AXES[rank] ?? []).map((name, axis) => at(axis + (first ? 2 : 1), name));
  return { batch: at(0, 'N'), space, channels: at(first ? 1 : rank + 1, 'channels'), first };
}

/** A shape in the order that the input has. */
export function pictureShape({ batch, first }: PictureInput, space: readonly Dim[], channels: Dim): Dim[] {
  return first ? [batch, channels, ...space] : [batch, ...space, channels];
}

/** The input's whole shape, unknown sizes by their axes; null = not even the number of axes is known. */
export function wholeInput(args: LayerArguments, index = 0): Dim[] | null {
  const shape = args.input(index);
  if (shape === null) return null;
  const names = AXES[shape.length - 2] ?? [];
  return shape.map((size, axis) => size ?? (axis === 0 ? 'N' : (names[axis - 1] ?? '?')));
}

/** Shape of an output that has its input's. */
export function sameShape(args: LayerArguments): Dim[] {
  return wholeInput(args) ?? ['…'];
}

/** The input's shape with another size at its end. */
export function withLast(args: LayerArguments, last: Dim): Dim[] {
  const shape = wholeInput(args);
  return shape ? [...shape.slice(0, -1), last] : ['…', last];
}
