import type { DataType } from '../model/dataType';
import type { InferredTensor } from '../model/inference';
import type { Layer } from './layer';
import { type Condition, open, refused, sentence, type Verdict } from './target';

const EIGHT_BIT: readonly (DataType | null)[] = ['int8', 'uint8'];

/** Whether a tensor holds 8-bit numbers with one scale for all of them. */
export function hasOneScale({ type, quantization }: InferredTensor): boolean {
  return EIGHT_BIT.includes(type) && quantization?.scales.length === 1;
}

/** The one scale of a tensor; null where it has several or none. */
export function scaleOf(tensor: InferredTensor | null): number | null {
  const scales = tensor?.quantization?.scales ?? [];
  return scales.length === 1 ? (scales[0] ?? null) : null;
}

/** The one zero point of a tensor. */
export function zeroPointOf(tensor: InferredTensor | null): number {
  return tensor?.quantization?.zeroPoints[0] ?? 0;
}

/** Every tensor that the layer computes with is a quantized integer of 8 bits. */
export function fullyQuantized(id: string): Condition {
  const fix = 'Quantize the whole model to int8, inputs and outputs too.';
  return {
    id,
    check: (layer) => {
      for (const tensor of [...layer.activations, ...layer.outputs]) {
        const what = layer.roleOf(tensor);
        if (tensor.type === null) return open(`The type of ${what} is not known.`);
        if (tensor.type === 'float32' || tensor.type === 'float16') {
          return refused(`${sentence(what)} is ${tensor.type}.`, fix);
        }
        if (EIGHT_BIT.includes(tensor.type) && (tensor.quantization?.scales.length ?? 0) === 0) {
          return refused(`${sentence(what)} has no scale.`, fix);
        }
        if (!EIGHT_BIT.includes(tensor.type)) return refused(`${sentence(what)} is ${tensor.type}.`, fix);
      }
      return null;
    },
  };
}

/** Weights are not integers where the activations are floats. */
export function notHybrid(id: string, weights = 1): Condition {
  return {
    id,
    check: (layer) => {
      const [input, filter] = [layer.input(0)?.type, layer.input(weights)?.type];
      if (input !== 'float32' || !filter || filter === 'float32' || filter === 'float16') return null;
      return refused(
        `Weights are ${filter} and activations float32.`,
        'Quantize activations too, or keep the weights in float32.',
      );
    },
  };
}

/** How much one unit of an input is in units of the output, within bounds. */
export function scaleRatio(id: string, inputs: readonly number[], least: number, below: number): Condition {
  return {
    id,
    check: (layer) => {
      const output = layer.output(0);
      for (const index of inputs) {
        const input = layer.input(index);
        if (!EIGHT_BIT.includes(input?.type ?? null) || input?.type !== output?.type) continue;
        const verdict = within(ratio(scaleOf(input), scaleOf(output)), least, below);
        if (verdict !== null) return verdict;
      }
      return null;
    },
  };
}

/** The same of the product of two inputs. */
export function productRatio(id: string, least: number, below: number): Condition {
  return {
    id,
    check: (layer: Layer) => {
      const [a, b, output] = [layer.input(0), layer.input(1), layer.output(0)];
      if (!EIGHT_BIT.includes(output?.type ?? null)) return null;
      const [one, other] = [scaleOf(a), scaleOf(b)];
      return within(
        ratio(one === null || other === null ? null : one * other, scaleOf(output)),
        least,
        below,
      );
    },
  };
}

function ratio(over: number | null, under: number | null): number | null {
  return over === null || under === null || under === 0 ? null : over / under;
}

function within(value: number | null, least: number, below: number): Verdict {
  if (value === null) return open('A scale is not known.');
  return value >= least && value < below
    ? null
    : refused(
        `A unit of an input is ${value.toPrecision(3)} units of the output.`,
        'Calibrate with data that both tensors see in use.',
      );
}
