/** What a user can ask for, in the order in which it is offered. */
export interface RecipeFacts {
  /** As reports, the terminal and settings have it. */
  readonly name: string;
  /** As the page calls it. */
  readonly label: string;
  /** A clause for the terminal. */
  readonly summary: string;
  /** What it does and for whom, for the page and the palette. */
  readonly sentence: string;
  /** Samples decide the result: `calibration` sets the ranges of activations, `check` finds what overflows. */
  readonly samples: 'calibration' | 'check' | 'none';
  /** How layers store their weights, the first of these that a layer allows; null: nothing is quantized. */
  readonly weights: readonly string[] | null;
  /** How layers compute with activations, any of these. */
  readonly activations: readonly string[];
  /** Ids of the formats whose files can be made by it. */
  readonly formats: readonly string[];
  /** Formats whose files can have integer inputs and outputs by it. */
  readonly ports?: readonly string[];
  /** What the default file name has before its ending: `int8` of `model.int8.onnx`. */
  readonly suffix: string;
}

const TABLE = [
  {
    name: 'int8',
    label: 'int8, best for this computer',
    summary:
      'weights and activations in 8 bits; layers that are slower so on this computer, or lose too much, stay in float',
    sentence:
      'Weights and activations in 8 bits. Layers that this computer runs slower that way, or that lose too much accuracy, stay in float.',
    samples: 'calibration',
    weights: ['int8'],
    activations: ['uint8', 'int8'],
    formats: ['onnx', 'tflite'],
    ports: ['tflite'],
    suffix: 'int8',
  },
  {
    name: 'int8-all',
    label: 'int8, every layer',
    summary: 'the same, with every layer in 8 bits that can be',
    sentence: 'As int8, whatever this computer measures: for a file that another device will run.',
    samples: 'calibration',
    weights: ['int8'],
    activations: ['uint8', 'int8'],
    formats: ['onnx', 'tflite'],
    ports: ['tflite'],
    suffix: 'int8',
  },
  {
    name: 'int16x8',
    label: 'int16 with int8 weights',
    summary: 'weights in 8 bits and activations in 16: nearer to float than int8, and slow on most computers',
    sentence:
      'Weights in 8 bits and activations in 16, for devices with kernels for that. Nearer to float than int8.',
    samples: 'calibration',
    weights: ['int8'],
    activations: ['int16'],
    formats: ['tflite'],
    suffix: 'int16x8',
  },
  {
    name: 'int8-dynamic',
    label: 'int8 dynamic',
    summary: 'weights in 8 bits, activations quantized while running: transformers and recurrent networks',
    sentence:
      'Weights of matrix products and recurrent layers in 8 bits; needs no calibration. For transformers.',
    samples: 'none',
    weights: ['int8'],
    activations: ['dynamic'],
    formats: ['onnx', 'tflite'],
    suffix: 'int8-dynamic',
  },
  {
    name: 'int8-weights',
    label: 'int8 weights',
    summary: 'weights alone in 8 bits; everything is computed in float',
    sentence: 'Weights alone in 8 bits, a quarter of the size; computed in float, so nothing is calibrated.',
    samples: 'none',
    weights: ['int8'],
    activations: ['float32'],
    formats: ['onnx', 'tflite', 'coreml'],
    suffix: 'int8-weights',
  },
  {
    name: 'int4-weights',
    label: 'int4 weights',
    summary:
      'weights of matrix products in 4 bits, others in 8; everything is computed in float: large language models',
    sentence:
      'Weights of matrix products in 4 bits and others in 8, computed in float. For language models, which wait for their weights.',
    samples: 'none',
    weights: ['int4', 'int8'],
    activations: ['float32'],
    formats: ['onnx', 'tflite', 'coreml'],
    suffix: 'int4-weights',
  },
  {
    name: 'palette-8',
    label: 'palette, 8 bits',
    summary: 'weights as 8-bit indices into a table of 256 values that fit them best',
    sentence:
      'Weights as 8-bit indices into a table of the 256 values that fit them best. For Core ML; nothing is calibrated.',
    samples: 'none',
    weights: ['palette8'],
    activations: ['float32'],
    formats: ['coreml'],
    suffix: 'palette-8',
  },
  {
    name: 'palette-6',
    label: 'palette, 6 bits',
    summary: 'weights as 6-bit indices into a table of 64 values that fit them best',
    sentence:
      'Weights as 6-bit indices into a table of the 64 values that fit them best. For Core ML; nothing is calibrated.',
    samples: 'none',
    weights: ['palette6'],
    activations: ['float32'],
    formats: ['coreml'],
    suffix: 'palette-6',
  },
  {
    name: 'palette-4',
    label: 'palette, 4 bits',
    summary: 'weights as 4-bit indices into a table of 16 values that fit them best',
    sentence:
      'Weights as 4-bit indices into a table of the 16 values that fit them best. For Core ML; nothing is calibrated.',
    samples: 'none',
    weights: ['palette4'],
    activations: ['float32'],
    formats: ['coreml'],
    suffix: 'palette-4',
  },
  {
    name: 'palette-3',
    label: 'palette, 3 bits',
    summary: 'weights as 3-bit indices into a table of 8 values that fit them best',
    sentence:
      'Weights as 3-bit indices into a table of the 8 values that fit them best. For Core ML; nothing is calibrated.',
    samples: 'none',
    weights: ['palette3'],
    activations: ['float32'],
    formats: ['coreml'],
    suffix: 'palette-3',
  },
  {
    name: 'palette-2',
    label: 'palette, 2 bits',
    summary: 'weights as 2-bit indices into a table of 4 values that fit them best',
    sentence:
      'Weights as 2-bit indices into a table of the 4 values that fit them best. For Core ML; nothing is calibrated.',
    samples: 'none',
    weights: ['palette2'],
    activations: ['float32'],
    formats: ['coreml'],
    suffix: 'palette-2',
  },
  {
    name: 'palette-1',
    label: 'palette, 1 bit',
    summary: 'weights as 1-bit indices into a table of 2 values that fit them best',
    sentence:
      'Weights as 1-bit indices into a table of the 2 values that fit them best. For Core ML; nothing is calibrated.',
    samples: 'none',
    weights: ['palette1'],
    activations: ['float32'],
    formats: ['coreml'],
    suffix: 'palette-1',
  },
  {
    name: 'sparse',
    label: 'sparse',
    summary: 'the smallest weights, half of them unless --sparsity says, become zero and are not stored',
    sentence:
      'The smallest half of the weights becomes zero and is not stored. Most models must be trained for that: check the accuracy.',
    samples: 'none',
    weights: ['float32'],
    activations: ['float32'],
    formats: ['coreml'],
    suffix: 'sparse',
  },
  {
    name: 'float16',
    label: 'float16',
    summary: 'half the size; inputs and outputs stay float32',
    sentence: 'Half the size, hardly any loss of accuracy; inputs and outputs stay float32.',
    samples: 'check',
    weights: ['float16'],
    activations: ['float16', 'float32'],
    formats: ['onnx', 'tflite', 'coreml'],
    suffix: 'float16',
  },
  {
    name: 'float32',
    label: 'float32, cleaned',
    summary: 'cleaned and folded, nothing quantized',
    sentence: 'Nothing quantized: constants and normalizations folded, dead nodes dropped. Often faster.',
    samples: 'none',
    weights: null,
    activations: ['float32'],
    formats: ['onnx', 'tflite'],
    suffix: 'float32',
  },
] as const satisfies readonly RecipeFacts[];

export type Recipe = (typeof TABLE)[number]['name'];
export const RECIPES: readonly (RecipeFacts & { readonly name: Recipe })[] = TABLE;

const BY_NAME = new Map(RECIPES.map((facts) => [facts.name, facts]));

export function factsOf(recipe: Recipe): RecipeFacts {
  const facts = BY_NAME.get(recipe);
  if (facts === undefined) throw new Error(`There is no recipe ${recipe}.`);
  return facts;
}

/** Formats of which weights alone are stored in fewer bits have groups for it: of a table, or of a scale. */
export function hasGroups(recipe: Recipe): boolean {
  return recipe.startsWith('palette-') || recipe === 'int4-weights';
}

/** … and weights may become zero besides. */
export function hasSparsity(recipe: Recipe): boolean {
  return hasGroups(recipe) || recipe === 'sparse' || recipe === 'int8-weights';
}

/** … and a format may have several forms for them. */
export function hasForms(recipe: Recipe): boolean {
  return recipe === 'int8-weights' || recipe === 'int4-weights';
}

/** It quantizes activations by the ranges that calibration data have. */
export function isCalibrated(recipe: Recipe): boolean {
  return factsOf(recipe).samples === 'calibration';
}
