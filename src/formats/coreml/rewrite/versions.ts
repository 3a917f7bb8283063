import { type Precision, paletteBits } from '../../../model/precision';
import type { Block, Program } from '../coreml_pb';

/** The specification from which on ML Programs have operations that decompress weights (iOS 16). */
const DECOMPRESSING = 7;
/** … and blocks, 4-bit integers, grouped and 3-bit tables, and compressed weights that are sparse besides (iOS 18). */
export const BY_BLOCKS = 9;
/** … and neural networks have weights in float16 (iOS 11.2), and quantized ones (iOS 12). */
const NETWORK_HALVES = 2;
const NETWORK_QUANTIZED = 3;

/** Systems that read a specification, and the operator set of programs (Model.proto, coremltools' deployment targets). */
const RELEASES: ReadonlyMap<number, { readonly system: string; readonly opset: string | null }> = new Map([
  [1, { system: 'iOS 11 or macOS 10.13', opset: null }],
  [2, { system: 'iOS 11.2 or macOS 10.13.2', opset: null }],
  [3, { system: 'iOS 12 or macOS 10.14', opset: null }],
  [4, { system: 'iOS 13 or macOS 10.15', opset: null }],
  [5, { system: 'iOS 14 or macOS 11', opset: null }],
  [6, { system: 'iOS 15 or macOS 12', opset: 'CoreML5' }],
  [7, { system: 'iOS 16 or macOS 13', opset: 'CoreML6' }],
  [8, { system: 'iOS 17 or macOS 14', opset: 'CoreML7' }],
  [9, { system: 'iOS 18 or macOS 15', opset: 'CoreML8' }],
  [10, { system: 'iOS 26 or macOS 26', opset: 'CoreML9' }],
]);

/** The systems that a specification needs at least: `iOS 16 or macOS 13`; null: it is not known. */
export function systemOf(specification: number): string | null {
  return RELEASES.get(specification)?.system ?? null;
}

/** The specification that a program needs for weights at a precision. */
export function programVersion({ weights, granularity, sparsity }: Precision): number {
  const bits = paletteBits(weights);
  const joint = Boolean(sparsity) && weights !== 'float32';
  const divided = typeof granularity === 'object';
  return weights === 'int4' || bits === 3 || joint || divided ? BY_BLOCKS : DECOMPRESSING;
}

/** The specification that a neural network needs for weights at a precision. */
export function networkVersion({ weights }: Precision): number {
  return weights === 'float16' ? NETWORK_HALVES : NETWORK_QUANTIZED;
}

/** Operations whose parameters another operator set has changed, so that a program that has them keeps its own. */
const CHANGED: ReadonlyMap<string, number> = new Map([
  ['crop_resize', 8],
  ['non_maximum_suppression', 8],
  // Their operands became inputs.
  ['constexpr_affine_dequantize', BY_BLOCKS],
  ['constexpr_cast', BY_BLOCKS],
  ['constexpr_lut_to_dense', BY_BLOCKS],
  ['constexpr_sparse_to_dense', BY_BLOCKS],
]);

/** Why a program cannot be raised from one specification to another; null where it can. */
export function whyNotRaised(program: Program, from: number, to: number): string | null {
  for (const { value } of program.functions) {
    for (const { value: block } of value?.blockSpecializations ?? []) {
      const stopping = block && operationTypes(block).find((type) => stops(type, from, to));
      if (stopping !== undefined)
        return `it needs ${systemOf(to)}, for which the operation ${stopping} would have to be written anew`;
    }
  }
  return null;
}

function stops(type: string, from: number, to: number): boolean {
  const changed = CHANGED.get(type);
  return changed !== undefined && from < changed && to >= changed;
}

function operationTypes(block: Block): string[] {
  return block.operations.flatMap(({ type, blocks }) => [type, ...blocks.flatMap(operationTypes)]);
}

/** States the operator set that belongs to a specification, where a program has an older one. */
export function raiseOpset(program: Program, specification: number): void {
  const opset = RELEASES.get(specification)?.opset;
  if (!opset) return;
  for (const { value } of program.functions) {
    if (value === undefined || !isOlder(value.opset, opset)) continue;
    for (const entry of value.blockSpecializations) if (entry.key === value.opset) entry.key = opset;
    value.opset = opset;
  }
}

/** `CoreML5` is older than `CoreML6`; a set that is not known is left. */
function isOlder(opset: string, than: string): boolean {
  const number = (name: string) => Number(/^CoreML(\d+)$/.exec(name)?.[1] ?? Number.NaN);
  return number(opset) < number(than);
}
