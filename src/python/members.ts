import { strangeBase } from './evaluate/classes';
import type { Made } from './evaluate/machine';
import {
  type Container,
  type Instance,
  isCertain,
  isKind,
  type KerasModel,
  type Layer,
  reasonOf,
  type TensorValue,
  type Value,
  type Weight,
} from './evaluate/values';
import { weightsOf } from './layers';
import { MODULE_DEPTH } from './limits';

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
  /** What could not be followed, so that there may be more layers, as sentences for people. */
  readonly gaps: readonly string[];
}

/** Finds all layers of a module. */
export function membersOf(object: Made): Members {
  const walk = new Walk();
  walk.visit(object, '', object.kind === 'kerasModel' ? 'keras' : object.framework, false);
  walk.shared();
  walk.objects.delete(object);
  const layers = walk.layers.toSorted((a, b) => a.layer.order - b.layer.order);
  return { layers, objects: walk.objects, gaps: [...walk.gaps] };
}

type Owner = 'torch' | 'keras' | null;

/** Layers of Keras that run others, and the argument that they are given by. */
const RUNNING: ReadonlyMap<string, string> = new Map([
  ['TimeDistributed', 'layer'],
  ['RNN', 'cell'],
  ['StackedRNNCells', 'cells'],
]);

class Walk {
  readonly layers: Member[] = [];
  readonly objects = new Set<Made>();
  readonly gaps = new Set<string>();
  private depth = 0;
  private readonly seen = new Set<Value>();
  /** Weights of layers that stand in other places too. */
  private readonly ties: { weight: Weight; path: string | null; uncertain: boolean }[] = [];
  /** Layers that are certainly there. */
  private readonly certain = new Set<Layer>();

  visit(value: Value, path: string | null, owner: Owner, uncertain: boolean): void {
    if (typeof value !== 'object' || value === null) return;
    if (value.kind === 'unknown') {
      if (value.maybeModule) this.gap(path, value.reason);
      return;
    }
    if (value.kind === 'external') {
      // What begins with a capital is a class, by custom.
      const reason = /(^|\.)[A-Z]\w*$/.test(value.path) ? null : reasonOf(value);
      if (reason !== null) this.gap(path, reason);
      return;
    }
    if (value.kind === 'choice') {
      for (const option of value.options) this.visit(option, path, owner, true);
      return;
    }
    // One module under two names is one.
    if (this.seen.has(value)) return;
    if (this.depth >= MODULE_DEPTH) {
      this.gap(path, 'modules lie within each other too deeply to be followed');
      return;
    }
    this.seen.add(value);
    this.depth++;
    this.within(value, path, owner, uncertain);
    this.depth--;
  }

  private within(
    value: Exclude<Value, number | string | boolean | null>,
    path: string | null,
    owner: Owner,
    uncertain: boolean,
  ): void {
    switch (value.kind) {
      case 'bound': {
        const { self, method } = value;
        const within =
          isKind(self, 'layer') && weightsOf(self)?.some(({ role }) => role.startsWith(`${method}.`));
        if (within) this.gap(path, `what \`${self.layer}\` holds in \`${method}\` is not followed`);
        return;
      }
      case 'layer':
        this.layer(value, value.framework === 'keras' ? value.name : path, owner, uncertain);
        return;
      case 'weight':
        if (value.of) this.ties.push({ weight: value, path, uncertain });
        else this.weight(value, path, uncertain);
        return;
      case 'container':
        this.objects.add(value);
        this.items(value, path, uncertain);
        return;
      case 'instance':
        this.instance(value, path, owner, uncertain);
        return;
      case 'kerasModel':
        this.model(value, uncertain);
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

  /** Weights that were given to other layers count where the layer that made them is not part of the module. */
  shared(): void {
    for (const { weight, path, uncertain } of this.ties) {
      const { layer, role } = weight.of ?? {};
      const counted = layer !== undefined && role !== undefined && this.certain.has(layer);
      if (!counted || layer.attributes.has(role)) this.weight(weight, path, uncertain);
    }
  }

  private gap(path: string | null, reason: string): void {
    this.gaps.add(path ? `\`${path}\` is not known: ${reason}.` : `Some of it is not known: ${reason}.`);
  }

  private layer(layer: Layer, path: string | null, owner: Owner, uncertain: boolean): void {
    this.layers.push({ layer, path, role: null, uncertain: uncertain || layer.uncertain });
    if (!uncertain && !layer.uncertain) this.certain.add(layer);
    // A layer that runs others, which keep their own weights.
    const held = RUNNING.get(layer.layer);
    if (held !== undefined) this.visit(layer.args.get(held) ?? null, path, owner, uncertain);
    const roles = new Set(weightsOf(layer)?.map(({ role }) => role));
    for (const [name, value] of layer.attributes) {
      // Those of its own are described with it, and what stands for them if it is not known.
      if (isKind(value, 'weight') && value.of?.layer === layer) continue;
      if (roles.has(name) && !isKind(value, 'weight')) continue;
      this.visit(value, joined(path, name), layer.framework, uncertain);
    }
  }

  private weight(weight: Weight, path: string | null, uncertain: boolean): void {
    const dot = path?.lastIndexOf('.') ?? -1;
    const holder = path === null ? null : dot < 0 ? '' : path.slice(0, dot);
    const role = path?.slice(dot + 1) ?? null;
    const own = weight.framework === 'keras' ? null : holder;
    this.layers.push({ layer: weight, path: own, role, uncertain: uncertain || weight.uncertain });
  }

  private items(container: Container, path: string | null, uncertain: boolean): void {
    const { touched } = container;
    if (touched !== null) this.gap(path, touched);
    if (!isCertain(container) && !container.items.some(([, item]) => isKind(item, 'unknown')))
      this.gap(path, 'what it holds depends on a condition that is not known');
    for (const [index, [key, item]] of container.items.entries()) {
      const sure = index < container.certain || !/^\d+$/.test(key);
      const inside = sure ? joined(path, key) : null;
      if (isKind(item, 'unknown') && !item.maybeModule) this.gap(inside, item.reason);
      this.visit(item, inside, container.framework, uncertain || touched !== null);
    }
  }

  private instance(instance: Instance, path: string | null, owner: Owner, around: boolean): void {
    const { cls, base, framework, touched } = instance;
    const strange = strangeBase(cls);
    // What a plain object holds is not part of the module that holds it.
    if (owner !== null && framework === null && path !== '') {
      if (strange !== null) this.gap(path, strange);
      return;
    }
    this.objects.add(instance);
    const reason = touched ?? instance.failed ?? strange;
    if (reason !== null) this.gap(path, reason);
    const uncertain = around || instance.uncertain || touched !== null;
    if (base?.kind === 'layer')
      this.layer(base, framework === 'keras' ? base.name : path, framework, uncertain);
    else if (base) this.items(base, path, uncertain);
    for (const [name, value] of instance.attributes)
      this.visit(value, name.startsWith('?') ? null : joined(path, name), framework, uncertain);
    if (framework === 'keras' && !instance.built)
      this.gap(path, 'it makes its weights when it meets its first input');
  }

  private model(model: KerasModel, uncertain: boolean): void {
    this.objects.add(model);
    const reason = model.touched ?? model.open;
    if (reason !== null) this.gap(null, reason);
    for (const output of model.outputs) this.tensor(output, uncertain || model.touched !== null);
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

function joined(path: string | null, name: string): string | null {
  if (path === null) return null;
  return path === '' ? name : `${path}.${name}`;
}
