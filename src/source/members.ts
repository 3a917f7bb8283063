import { libraryBases } from './evaluate/classes';
import type { Made } from './evaluate/machine';
import { isCertain, isKind, type Layer, type TensorValue, type Value, type Weight } from './evaluate/values';
import { frameworkOfModule } from './layers/index';
import { calledAttributes } from './python/search';

/** One layer of a module, and where in it. */
export interface Member {
  readonly layer: Layer | Weight;
  /** null = not known. */
  readonly path: string | null;
  /** A weight that the module holds itself has its attribute's name. */
  readonly role: string | null;
  /** It stands under a condition that is not known. */
  readonly uncertain: boolean;
}

export interface Members {
  /** In the order in which they were made. */
  readonly layers: readonly Member[];
  /** Modules within it. */
  readonly objects: ReadonlySet<Made>;
  /** There may be more: something in it could not be followed. */
  readonly complete: boolean;
}

/** Finds all layers of a module. */
export function membersOf(object: Made): Members {
  const walk = new Walk();
  walk.visit(object, '', object.kind === 'kerasModel' ? 'keras' : object.framework, false);
  walk.objects.delete(object);
  const layers = walk.layers.toSorted((a, b) => a.layer.order - b.layer.order);
  return { layers, objects: walk.objects, complete: walk.complete };
}

type Owner = 'torch' | 'keras' | null;

/** Bases that bring no layers of their own. */
const PLAIN_BASE = /^(abc\.|typing\.|enum\.|collections\.|object$)|Mixin$/;

class Walk {
  readonly layers: Member[] = [];
  readonly objects = new Set<Made>();
  complete = true;
  private readonly seen = new Set<Value>();

  visit(value: Value, path: string | null, owner: Owner, uncertain: boolean): void {
    if (typeof value !== 'object' || value === null) return;
    if (value.kind === 'unknown') {
      if (value.maybeModule) this.complete = false;
      return;
    }
    if (value.kind === 'choice') {
      for (const option of value.options) this.visit(option, path, owner, true);
      return;
    }
    // One module under two names is one.
    if (this.seen.has(value)) return;
    this.seen.add(value);
    switch (value.kind) {
      case 'layer':
        this.add(value, value.framework === 'keras' ? value.name : path, null, uncertain);
        this.wrapped(value, path, owner, uncertain);
        return;
      case 'weight':
        this.weight(value, path, uncertain);
        return;
      case 'container':
        this.objects.add(value);
        this.items(value, path, uncertain);
        return;
      case 'instance':
        this.instance(value, path, uncertain);
        return;
      case 'kerasModel':
        this.objects.add(value);
        for (const output of value.outputs) this.tensor(output, uncertain);
        return;
      case 'sequence':
        // PyTorch does not look into plain lists and dicts, Keras does.
        if (owner === 'keras') for (const item of value.items) this.visit(item, null, owner, uncertain);
        return;
      case 'dict':
        if (owner === 'keras')
          for (const item of value.entries.values()) this.visit(item, null, owner, uncertain);
        return;
      default:
    }
  }

  private add(layer: Layer | Weight, path: string | null, role: string | null, uncertain: boolean): void {
    this.layers.push({ layer, path, role, uncertain: uncertain || layer.uncertain });
  }

  private weight(weight: Weight, path: string | null, uncertain: boolean): void {
    const dot = path?.lastIndexOf('.') ?? -1;
    const holder = path === null ? null : dot < 0 ? '' : path.slice(0, dot);
    this.add(weight, weight.framework === 'keras' ? null : holder, path?.slice(dot + 1) ?? null, uncertain);
  }

  /** A layer that runs another one, which keeps its own weights. */
  private wrapped(layer: Layer, path: string | null, owner: Owner, uncertain: boolean): void {
    if (layer.layer === 'TimeDistributed')
      this.visit(layer.args.get('layer') ?? null, path, owner, uncertain);
  }

  private items(
    container: Extract<Value, { kind: 'container' }>,
    path: string | null,
    uncertain: boolean,
  ): void {
    if (!isCertain(container)) this.complete = false;
    for (const [index, [key, item]] of container.items.entries()) {
      const sure = index < container.certain || !/^\d+$/.test(key);
      if (isKind(item, 'unknown')) this.complete = false;
      this.visit(item, sure ? joined(path, key) : null, container.framework, uncertain);
    }
  }

  private instance(
    instance: Extract<Value, { kind: 'instance' }>,
    path: string | null,
    uncertain: boolean,
  ): void {
    this.objects.add(instance);
    const { cls, base, framework } = instance;
    if (instance.failed || libraryBases(cls).some((one) => frameworkUnknown(one))) this.complete = false;
    if (base?.kind === 'layer') this.add(base, framework === 'keras' ? base.name : path, null, uncertain);
    else if (base) this.items(base, path, uncertain);
    const calls = calledAttributes(cls.definition);
    for (const [name, value] of instance.attributes) {
      const used = !isKind(value, 'unknown') || calls.has(name) || name.startsWith('?');
      if (used) this.visit(value, name.startsWith('?') ? null : joined(path, name), framework, uncertain);
    }
    // Weights that are made when a Keras layer meets its first input.
    if (
      framework === 'keras' &&
      calls.has('add_weight') &&
      ![...instance.attributes.values()].some((value) => isKind(value, 'weight'))
    )
      this.complete = false;
  }

  /** All that a tensor was made by. */
  private tensor(output: TensorValue, uncertain: boolean): void {
    const stack = [output];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.seen.has(at)) continue;
      this.seen.add(at);
      this.visit(at.by, null, 'keras', uncertain);
      stack.push(...at.from);
    }
  }
}

function frameworkUnknown(path: string): boolean {
  return !PLAIN_BASE.test(path) && frameworkOfModule(path) === null;
}

function joined(path: string | null, name: string): string | null {
  if (path === null) return null;
  return path === '' ? name : `${path}.${name}`;
}
