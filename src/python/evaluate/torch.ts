import type { Site } from '../syntax/ast';
import { shapeOf } from './keras';
import type { Machine } from './machine';
import { makeLayer } from './makeLayer';
import { reparametrize } from './reparametrize';
import {
  type CallArguments,
  isKind,
  list,
  reasonOf,
  type TensorShape,
  unknown,
  type Value,
  type Weight,
} from './values';

/** Makers of tensors whose arguments, or whose first one, are the shape. */
const BY_SIZES = /^torch\.(zeros|ones|rand|randn|empty|Tensor|FloatTensor)$/;

/** Ways to run a module that keep it as it is. */
const WRAPPERS =
  /^torch\.(compile|jit\.script|nn\.DataParallel|nn\.parallel\.(DataParallel|DistributedDataParallel)|nn\.SyncBatchNorm\.convert_sync_batchnorm)$/;

/** Functions of PyTorch that are no layers; null for any other. */
export function callTorch(machine: Machine, path: string, args: CallArguments, site: Site): Value | null {
  const [first] = args.positional;
  if (path === 'torch.nn.Parameter' || path === 'torch.nn.parameter.Parameter')
    return makeWeight(machine, first ?? args.named.get('data') ?? null, site, 'Parameter');
  if (BY_SIZES.test(path)) {
    if (args.open !== null) return tensor(null);
    // `torch.Tensor([1, 2])` holds these numbers.
    if (path.endsWith('Tensor') && isKind(first, 'sequence')) return tensor(nested(first));
    const whole = first ?? args.named.get('size');
    const sizes = args.positional.length > 1 ? list([...args.positional]) : whole;
    return tensor(sizes === undefined ? [] : shapeOf(sizes));
  }
  if (path === 'torch.full' && first !== undefined) return tensor(shapeOf(first));
  if (path === 'torch.tensor' && first !== undefined) return tensor(nested(first));
  if (/^torch\.\w+_like$/.test(path))
    return tensor(isKind(first, 'tensor') || isKind(first, 'weight') ? first.shape : null);
  if (WRAPPERS.test(path)) return first ?? args.named.get('module') ?? null;
  if (path === 'torch.nn.Buffer' || path === 'torch.nn.parameter.Buffer')
    return args.named.get('persistent') === false ? null : makeWeight(machine, first ?? null, site, 'Buffer');
  const [, pretrained] = /^torch\.nn\.(Embedding|EmbeddingBag)\.from_pretrained$/.exec(path) ?? [];
  if (pretrained !== undefined) {
    const shape = isKind(first, 'tensor') || isKind(first, 'weight') ? first.shape : null;
    const sizes = [shape?.[0], shape?.[1]].map(
      (size) =>
        size ?? unknown(reasonOf(first ?? null) ?? 'the shape of the given weight is not known', false),
    );
    const given = { positional: sizes, named: new Map(), open: args.open };
    return makeLayer(machine, { framework: 'torch', layer: pretrained }, given, site);
  }
  if (path.startsWith('torch.nn.init.')) return first ?? null;
  if (path.startsWith('torch.nn.functional.') || /^torch\.(?!load$)[a-z_0-9]+$/.test(path))
    return tensor(null);
  return reparametrize(machine, path, args);
}

function tensor(shape: TensorShape | null): Value {
  return { kind: 'tensor', shape, by: null, from: [] };
}

/** Shape of nested lists of numbers. */
function nested(value: Value): TensorShape | null {
  if (typeof value === 'number' || typeof value === 'boolean') return [];
  if (!isKind(value, 'sequence') || value.certain < value.items.length) return null;
  const [first] = value.items;
  const rest = first === undefined ? [] : nested(first);
  return rest && [value.items.length, ...rest];
}

/** A parameter or buffer that a module holds itself. */
export function makeWeight(
  machine: Machine,
  data: Value,
  site: Site,
  layer: 'Parameter' | 'Buffer' | 'Weight' | 'Statistic',
): Weight | Value {
  if (machine.full) return unknown('the file builds more than is followed', true);
  const weight: Weight = {
    kind: 'weight',
    framework: layer === 'Parameter' || layer === 'Buffer' ? 'torch' : 'keras',
    layer,
    shape: isKind(data, 'tensor') || isKind(data, 'weight') ? data.shape : null,
    site,
    trainable: layer === 'Parameter' || layer === 'Weight',
    of: null,
    touched: null,
    order: machine.nextOrder(),
    uncertain: machine.uncertain > 0,
  };
  machine.layers.push(weight);
  return weight;
}
