import type { DataType } from '../model/dataType';
import type { InferredTensor } from '../model/inference';
import { formatShape } from '../protocol/numbers';
import type { Layer } from './layer';
import { type Condition, open, refused, sentence, type Verdict } from './target';

/** Which tensors of a layer a condition is about. */
export type Which = 'inputs' | 'outputs' | 'activations' | 'input' | 'output' | 'weights' | 'bias' | 'both';

const WEIGHTS = 1;
const BIAS = 2;

function chosen(layer: Layer, which: Which): InferredTensor[] {
  const some = (tensor: InferredTensor | null) => (tensor === null ? [] : [tensor]);
  switch (which) {
    case 'inputs':
      return layer.inputs;
    case 'outputs':
      return layer.outputs;
    case 'activations':
      return layer.activations;
    case 'both':
      return [...layer.activations, ...layer.outputs];
    case 'input':
      return some(layer.input(0));
    case 'output':
      return some(layer.output(0));
    case 'weights':
      return some(layer.input(WEIGHTS));
    case 'bias':
      return some(layer.input(BIAS));
  }
}

/** The first refusal that a check of several tensors gives. */
function first<T>(items: readonly T[], check: (item: T) => Verdict): Verdict {
  let unclear: Verdict = null;
  for (const item of items) {
    const verdict = check(item);
    if (verdict?.status === 'falls back') return verdict;
    unclear ??= verdict;
  }
  return unclear;
}

/** All of several conditions under one id. */
export function all(id: string, ...conditions: readonly Condition[]): Condition {
  return { id, check: (layer) => first(conditions, (condition) => condition.check(layer)) };
}

/** Element types of some of the layer's tensors. */
export function types(
  id: string,
  which: Which,
  allowed: readonly DataType[],
  fix = `Give the layer tensors of ${allowed.join(' or ')}.`,
): Condition {
  return {
    id,
    check: (layer) =>
      first(chosen(layer, which), (tensor) => {
        const { type } = tensor;
        const what = layer.roleOf(tensor);
        if (type === null) return open(`The type of ${what} is not known.`);
        return allowed.includes(type) ? null : refused(`${sentence(what)} is ${type}.`, fix);
      }),
  };
}

/** Numbers of dimensions of some of the layer's tensors. */
export function ranks(
  id: string,
  which: Which,
  least: number,
  most: number,
  fix = `Use tensors of ${least === most ? `${least}` : `at most ${most}`} dimensions there.`,
): Condition {
  return {
    id,
    check: (layer) =>
      first(chosen(layer, which), (tensor) => {
        const { shape } = tensor;
        const what = layer.roleOf(tensor);
        if (shape === null) return open(`The shape of ${what} is not known.`);
        return shape.length >= least && shape.length <= most
          ? null
          : refused(`${sentence(what)} has ${shape.length} dimensions: ${formatShape(shape)}.`, fix);
      }),
  };
}

/** Inputs by their numbers whose values lie in the file, where they are not left out. */
export function stored(id: string, indices: readonly number[], what: string): Condition {
  return {
    id,
    check: (layer) =>
      first(indices, (index) =>
        layer.input(index) === null || layer.isStored(index)
          ? null
          : refused(
              `${what} are computed when the model runs.`,
              `Convert the model with ${what} as constants.`,
            ),
      ),
  };
}

/** So many inputs that are not left out. */
export function inputCount(id: string, least: number, most: number, fix: string): Condition {
  return {
    id,
    check: (layer) => {
      const count = layer.inputs.length;
      return count >= least && count <= most ? null : refused(`It has ${count} inputs.`, fix);
    },
  };
}

/** The version of the operator that the file asks for. */
export function version(id: string, most: number): Condition {
  return {
    id,
    check: ({ node }) =>
      (node.version ?? 1) <= most
        ? null
        : refused(
            `It is version ${node.version} of the operator, and ${most} is the last that is known there.`,
            'Convert the model with an older converter, or with float weights.',
          ),
  };
}

/** An attribute that must be one of some values. */
export function option(
  id: string,
  name: string,
  allowed: readonly (string | number)[],
  fix: string,
  absent: string | number = allowed[0] ?? 0,
): Condition {
  return {
    id,
    check: (layer) => {
      const value = layer.attribute(name) ?? absent;
      return allowed.includes(value as string | number) ? null : refused(`${name} is ${value}.`, fix);
    },
  };
}

/** Kernel and places of a convolution or pooling: so many of them. */
export function places(id: string, ...counts: readonly number[]): Condition {
  return {
    id,
    check: (layer) => {
      const shape = layer.input(0)?.shape ?? null;
      if (shape === null) return open('The shape of its input is not known.');
      const count = shape.length - 2;
      return counts.includes(count)
        ? null
        : refused(
            `It works on ${count} ${count === 1 ? 'axis' : 'axes'} beside batch and channels.`,
            `Use ${counts.map((one) => `${one}-D`).join(' or ')} layers there.`,
          );
    },
  };
}
