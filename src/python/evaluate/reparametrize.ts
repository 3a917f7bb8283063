import { weightsOf } from '../layers';
import { classAttribute } from './classes';
import { itemsOf } from './iterate';
import type { Machine } from './machine';
import { touchMakers } from './touch';
import {
  type CallArguments,
  isCertain,
  isKind,
  type Layer,
  type TensorShape,
  unknown,
  type Value,
  type Weight,
} from './values';

const FUNCTION =
  /^torch\.nn\.utils\.(?<kind>parametrizations\.|parametrize\.|prune\.|weight_norm\.|spectral_norm\.)?(?<name>\w+)$/;

/** Endings of the tensors that stand for a weight then. */
const PARTS = ['g', 'v', 'u', 'orig', 'mask'];

/**
 * Functions of PyTorch that put other tensors in the place of a layer's weight: norms, pruning, parametrizations.
 * @returns the layer; null for any other function
 */
export function reparametrize(machine: Machine, path: string, args: CallArguments): Value | null {
  const { kind = '', name = '' } = FUNCTION.exec(path)?.groups ?? {};
  const [first, second, third] = args.positional;
  const target = first ?? args.named.get('module') ?? null;
  const given = second ?? args.named.get('name') ?? args.named.get('tensor_name') ?? 'weight';
  const change = (run: (layer: Layer, weight: Weight, role: string) => boolean) => {
    const layer = isKind(target, 'instance') ? target.base : target;
    const weight =
      isKind(layer, 'layer') && typeof given === 'string' ? weightOf(machine, layer, given) : null;
    const done =
      isKind(layer, 'layer') &&
      isKind(weight, 'weight') &&
      run(layer, weight, String(given)) &&
      args.open === null;
    if (!done) touchAll(machine, target, `\`${name}\` of it is not followed`);
    return target;
  };
  if (name === 'skip_init')
    return machine.call(target, { ...args, positional: args.positional.slice(1) }, machine.nowhere);
  if (name === 'weight_norm')
    return change((layer, weight, role) => {
      const dim = third ?? (args.named.has('dim') ? (args.named.get('dim') ?? null) : 0);
      if (weight.shape === null || (dim !== null && typeof dim !== 'number')) return false;
      const whole = dim === null || dim === -1;
      const length = whole ? [] : weight.shape.map((size, axis) => (axis === dim ? size : 1));
      replace(machine, layer, weight, role, { g: length, v: weight.shape });
      return true;
    });
  if (name === 'spectral_norm')
    return change((layer, weight, role) => {
      const dim = args.named.get('dim') ?? (/^ConvTranspose/.test(layer.layer) ? 1 : 0);
      if (typeof dim !== 'number' || weight.shape === null || args.positional.length > 2) return false;
      const rows = weight.shape[dim] ?? null;
      const rest = weight.shape.reduce<number | null>(
        (all, size, axis) => (axis === dim ? all : all === null || size === null ? null : all * size),
        1,
      );
      const vectors = kind === 'parametrizations.' && weight.shape.length < 2 ? {} : { u: [rows] };
      const across = 'u' in vectors ? { v: [rest] } : {};
      replace(machine, layer, weight, role, { orig: weight.shape, ...vectors, ...across }, ['u', 'v']);
      return true;
    });
  if (
    /^(remove_weight_norm|remove_spectral_norm|remove_parametrizations)$/.test(name) ||
    path === PRUNE_REMOVE
  )
    return change((layer, _, role) => restore(machine, layer, role));
  if (kind === 'prune.' && name === 'global_unstructured') {
    const pairs = itemsOf(target);
    const each = pairs?.items.map(itemsOf) ?? [null];
    const sure = pairs !== null && isCertain(pairs) && each.every((one) => one?.items.length === 2);
    if (!sure) touchMakers(machine, 'what is pruned is not known');
    for (const one of sure ? each : [])
      reparametrize(machine, `${PRUNE}identity`, {
        positional: one?.items ?? [],
        named: new Map(),
        open: null,
      });
    return unknown('it gives nothing', false);
  }
  if (kind === 'prune.' && /^[a-z]/.test(name) && name !== 'is_pruned')
    return change((layer, weight, role) => {
      if (weight.shape === null) return false;
      replace(machine, layer, weight, role, { orig: weight.shape, mask: weight.shape }, ['mask']);
      return true;
    });
  if (name === 'register_parametrization')
    return change((layer, _, role) => {
      const by = third ?? args.named.get('parametrization') ?? null;
      // One that has an inverse decides itself what is kept.
      if (isKind(by, 'instance') && classAttribute(by.cls, 'right_inverse') !== undefined) return false;
      machine.set(layer.attributes, `parametrizations.${role}.${machine.nextOrder()}`, by);
      return true;
    });
  return kind === 'parametrizations.' ? change(() => false) : null;
}

const PRUNE = 'torch.nn.utils.prune.';
const PRUNE_REMOVE = `${PRUNE}remove`;

/** A layer's weight, or what was put in its place. */
function weightOf(machine: Machine, layer: Layer, role: string): Value {
  const value = machine.get(layer, role);
  return value ?? layer.own.get(role) ?? null;
}

function touchAll(machine: Machine, target: Value, reason: string): void {
  if (isKind(target, 'layer') || isKind(target, 'instance') || isKind(target, 'container'))
    target.touched ??= reason;
  else touchMakers(machine, reason);
}

/** Tensors in the place of a layer's weight; `fixed` are those that no optimizer changes. */
function replace(
  machine: Machine,
  layer: Layer,
  weight: Weight,
  role: string,
  parts: Readonly<Record<string, TensorShape>>,
  fixed: readonly string[] = [],
): void {
  // Pruned once more, a weight keeps its tensors.
  if (layer.attributes.has(`${role}_mask`)) return;
  for (const [part, shape] of Object.entries(parts)) {
    const name = `${role}_${part}`;
    const trainable = !fixed.includes(part);
    machine.set(layer.attributes, name, { ...weight, shape, trainable, of: { layer, role: name } });
  }
  machine.set(layer.attributes, role, null);
}

function restore(machine: Machine, layer: Layer, role: string): boolean {
  for (const name of [role, ...PARTS.map((part) => `${role}_${part}`)])
    machine.delete(layer.attributes, name);
  for (const name of [...layer.attributes.keys()])
    if (name.startsWith(`parametrizations.${role}.`)) machine.delete(layer.attributes, name);
  return weightsOf(layer) !== null;
}
