import type { DataType, DeclaredShape, Shape } from '../../../model/dataType';
import type { DimensionValue, InferredTensor } from '../../../model/inference';
import type { Tensor, ValueInfo } from '../../../model/model';
import { sequence } from '../../sequence';
import { knownElements, MAX_ELEMENTS, plausible, type Sequence, type Value } from '../../value';

/** A tensor as the walk through a graph knows it. */
export interface Known extends InferredTensor, Value {
  readonly elements: Value['elements'];
  readonly sequence?: Sequence;
}

/** Reads the elements of a small stored tensor. */
export type ReadElements = (tensor: Tensor) => readonly number[] | null;

/** A stored tensor; its elements are read when an operator asks for them, which few do. */
export class Stored implements Known {
  readonly constant = true;
  readonly declaredShape: DeclaredShape;
  readonly #tensor: Tensor;
  readonly #read: ReadElements;
  #elements: readonly number[] | null | undefined;

  constructor(tensor: Tensor, read: ReadElements) {
    this.#tensor = tensor;
    this.#read = read;
    this.declaredShape = tensor.shape;
  }

  get name(): string {
    return this.#tensor.name;
  }

  get type(): DataType {
    return this.#tensor.type;
  }

  get shape(): Shape {
    return this.#tensor.shape;
  }

  get elements(): readonly number[] | null {
    this.#elements ??= this.#small ? this.#read(this.#tensor) : null;
    return this.#elements;
  }

  get #small(): boolean {
    const { sparse, storedElements, type } = this.#tensor;
    return !sparse && storedElements <= MAX_ELEMENTS && type !== 'string';
  }
}

/** Names that a node can use: those of its graph, then those of the graphs around it. */
export class Scope {
  readonly tensors = new Map<string, Known>();
  /** Optional inputs that the caller of a function left out. */
  readonly absent = new Set<string>();
  readonly #outer: Scope | null;

  constructor(outer: Scope | null) {
    this.#outer = outer;
  }

  /** null when it is absent, undefined when nothing gives it. */
  get(name: string): Known | null | undefined {
    return this.tensors.get(name) ?? (this.absent.has(name) ? null : this.#outer?.get(name));
  }
}

/**
 * A tensor from what was inferred and what the file states. What was inferred wins: files keep shapes of the
 * sizes that they were exported with.
 */
export function refine(
  name: string,
  value: Value,
  declared: ValueInfo | undefined,
  dims: ReadonlyMap<string, DimensionValue>,
  constant: boolean,
): Known {
  const stated = withValues(declared?.declaredShape, dims);
  const items = declared?.items;
  const declaredItem = items && {
    type: items.type,
    shape: plausible(withValues(items.declaredShape, dims) ?? null),
    elements: null,
  };
  const held = value.sequence ?? (declaredItem && sequence(null, declaredItem).sequence);
  const inferred = plausible(value.shape);
  const shape =
    inferred === null
      ? plausible(stated ?? null)
      : inferred.length === stated?.length
        ? inferred.map((length, axis) => length ?? stated[axis] ?? null)
        : inferred;
  return {
    name,
    type: value.type ?? declared?.type ?? null,
    shape,
    declaredShape: declared?.declaredShape ?? null,
    elements: value.elements,
    constant: constant || knownElements(value) !== null,
    ...(held && { sequence: held }),
  };
}

function withValues(
  shape: DeclaredShape | null | undefined,
  dims: ReadonlyMap<string, DimensionValue>,
): Shape | undefined {
  return shape?.map((dimension) =>
    typeof dimension === 'string' ? (dims.get(dimension)?.value ?? null) : dimension,
  );
}
