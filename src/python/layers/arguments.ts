import { certainItems } from '../evaluate/iterate';
import { truthOf } from '../evaluate/truth';
import { isKind, reasonOf, type TensorShape, type Value } from '../evaluate/values';
import type { Dim } from './sizes';
import type { LayerSetting } from './spec';

/** Arguments of one layer, read as its table needs them; it remembers which were needed and not known. */
export class LayerArguments {
  /** Arguments that decide which tensors there are, and are not known. */
  readonly undecided = new Set<string>();

  /** Arguments that were asked for and are not known, and why. */
  readonly unknown = new Map<string, string>();

  constructor(readonly setting: LayerSetting) {}

  value(name: string): Value | undefined {
    const value = this.setting.args.get(name);
    const reason = value === undefined ? null : reasonOf(value);
    if (reason !== null) this.unknown.set(name, reason);
    return value;
  }

  /** A size; its name where it is not known. */
  dim(name: string): Dim {
    const value = this.value(name);
    return typeof value === 'number' ? value : name;
  }

  /** A size for each of several axes; one number counts for all. */
  dims(name: string, rank: number): Dim[] {
    const value = this.value(name);
    const items = value === undefined ? null : certainItems(value);
    if (items === null || typeof value === 'string')
      return Array.from({ length: rank }, () => this.dim(name));
    return Array.from({ length: rank }, (_, axis) => {
      const item = items.length === 1 ? items[0] : items[axis];
      return typeof item === 'number' ? item : name;
    });
  }

  /** All sizes of an argument whose number of axes it decides itself; null = not known. */
  list(name: string): Dim[] | null {
    const value = this.value(name);
    if (typeof value === 'number') return [value];
    const items = value === undefined ? null : certainItems(value);
    if (items === null || typeof value === 'string') return null;
    return items.map((item) => (typeof item === 'number' ? item : name));
  }

  number(name: string): number | null {
    const value = this.value(name);
    return typeof value === 'number' ? value : null;
  }

  text(name: string): string | null {
    const value = this.value(name);
    return typeof value === 'string' ? value : null;
  }

  /** Whether an argument counts as true; where that is not known, what it decides is not known either. */
  flag(name: string): boolean {
    const value = this.value(name) ?? null;
    const truth = truthOf(value);
    if (truth === null) this.undecided.add(name);
    return truth ?? true;
  }

  isNone(name: string): boolean {
    const value = this.value(name) ?? null;
    if (isKind(value, 'unknown') || isKind(value, 'choice')) this.undecided.add(name);
    return value === null;
  }

  /** A number that decides which tensors there are. */
  count(name: string): number {
    const value = this.number(name);
    if (value === null) this.undecided.add(name);
    return value ?? 1;
  }

  /** Keras: shape of its input, batch included; null = not known. */
  input(index = 0): TensorShape | null {
    return this.setting.inputs?.[index] ?? null;
  }

  get inputs(): readonly (TensorShape | null)[] {
    return this.setting.inputs ?? [];
  }

  /** Keras: a size of its input by its axis, which may count from the end. */
  inputSize(axis: number, index = 0): Dim {
    const shape = this.input(index);
    return shape?.[axis < 0 ? axis + shape.length : axis] ?? 'input';
  }
}
