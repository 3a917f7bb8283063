import { places, ranks, stored } from '../conditions';
import type { Layer } from '../layer';
import { type Condition, each, open, operators, refused, type Target } from '../target';

/** ONNX’s first opset that ONNX Runtime guarantees; operators that came later have their own. */
const FIRST_OPSET = 7;

const since = (least: number): Condition => ({
  id: 'opset',
  check: (layer) => {
    const found = /ai\.onnx (\d+)/.exec(layer.property('Opset') ?? '')?.[1];
    if (found === undefined) return open('The file does not state its opset.');
    return Number(found) >= least ? null : refused(`The model uses opset ${found}.`, `Raise it to ${least}.`);
  },
});

const image = ranks('dimensions', 'input', 4, 4);
const axes = stored('stored', [1], 'axes');

const convolution = [since(FIRST_OPSET), places('places', 1, 2)] as const;

/** Ranges that the CPU backend clamps to. */
const attributeIs = (id: string, name: string, value: number, fix: string): Condition => ({
  id,
  check: (layer: Layer) =>
    layer.number(name, value) === value ? null : refused(`${name} is ${layer.number(name, value)}.`, fix),
});

const oneOutput: Condition = {
  id: 'outputs',
  check: ({ node }) =>
    node.outputs.filter((name) => name !== '').length === 1
      ? null
      : refused('It has several outputs.', 'Export the model for inference.'),
};

const flatAddend: Condition = {
  id: 'addend',
  check: (layer) => {
    const addend = layer.input(2);
    if (addend === null) return null;
    if (addend.shape === null) return open('The shape of what it adds is not known.');
    return addend.shape.length === 1
      ? null
      : refused(`It adds a tensor of ${addend.shape.length} dimensions.`, 'Add a vector.');
  },
};

const withoutZero: Condition = {
  id: 'zero',
  check: (layer) => {
    const shape = layer.values(1);
    if (shape === null) return open('The shape could not be read.');
    return shape.includes(0) ? refused('A 0 in its shape copies a size.', 'State the sizes.') : null;
  },
};

const unitSteps: Condition = {
  id: 'steps',
  check: (layer) => {
    if (layer.input(4) === null) return null;
    const steps = layer.values(4);
    if (steps === null) return open('Its steps could not be read.');
    return steps.every((step) => step === 1) ? null : refused('It leaves elements out.', 'Use steps of 1.');
  },
};

const padMode: Condition = {
  id: 'mode',
  check: (layer) =>
    layer.attribute('mode') === 'wrap' ? refused('It wraps around.', 'Pad in another mode.') : null,
};

const resizeMode: Condition = {
  id: 'mode',
  check: (layer) => {
    const mode = String(layer.attribute('mode') ?? 'nearest');
    return ['nearest', 'linear'].includes(mode)
      ? null
      : refused(`Its mode is ${mode}.`, 'Use nearest or linear.');
  },
};

const PLAIN = operators(`
  Abs Add ArgMax ArgMin Cast Ceil Concat Cos Div Elu Equal Erf Exp Flatten Floor Gather Greater HardSigmoid
  Identity InstanceNormalization LayerNormalization LeakyRelu Less Log MatMul Max Min Mul Neg Not Pow PRelu
  Reciprocal Relu Shape Sigmoid Softplus Softsign Sin Softmax Sqrt Sub Tan Tanh Transpose Unsqueeze Where
  Clip
`);

const REDUCTIONS = [
  ...[
    'ReduceL1',
    'ReduceL2',
    'ReduceLogSum',
    'ReduceLogSumExp',
    'ReduceMax',
    'ReduceMean',
    'ReduceMin',
    'ReduceProd',
  ],
  ...['ReduceSum', 'ReduceSumSquare'],
];

/** WebNN in browsers, through ONNX Runtime Web. */
export const webnn: Target = {
  id: 'webnn',
  name: 'WebNN in ONNX Runtime Web',
  place: 'WebNN',
  otherwise: 'run in WebAssembly',
  formats: ['onnx'],
  sources: [
    {
      title: 'ONNX Runtime: js/web/docs/webnn-operators.md',
      url: 'https://github.com/microsoft/onnxruntime/blob/main/js/web/docs/webnn-operators.md',
      version: 'commit 0019313',
      looked: '2026-11-26',
    },
  ],
  caution:
    'Of devices of type GPU. Browsers take fewer operators on other devices, and change with each version.',
  rules: [],
  layers: {
    onnx: {
      others: 'falls back',
      operators: {
        ...each(PLAIN, since(FIRST_OPSET)),
        ...each(REDUCTIONS, since(FIRST_OPSET), axes),
        ...each(
          ['AveragePool', 'LpPool'],
          since(FIRST_OPSET),
          image,
          attributeIs('padding', 'count_include_pad', 0, 'Leave pads out of the mean.'),
        ),
        ...each(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'], since(FIRST_OPSET), image),
        MaxPool: [
          since(FIRST_OPSET),
          image,
          oneOutput,
          attributeIs('order', 'storage_order', 0, 'Leave storage_order out.'),
        ],
        BatchNormalization: [
          since(FIRST_OPSET),
          oneOutput,
          attributeIs('training', 'training_mode', 0, 'Export the model for inference.'),
        ],
        ...each(['Conv', 'ConvTranspose'], ...convolution),
        Dropout: [since(FIRST_OPSET)],
        Expand: [since(8), stored('stored', [1], 'shapes')],
        Gelu: [since(20)],
        Gemm: [since(FIRST_OPSET), flatAddend],
        ...each(['GreaterOrEqual', 'LessOrEqual'], since(12)),
        ...each(['HardSwish', 'Trilu'], since(14)),
        Pad: [since(FIRST_OPSET), padMode],
        Reshape: [since(FIRST_OPSET), stored('stored', [1], 'shapes'), withoutZero],
        Resize: [since(11), image, stored('stored', [2, 3], 'sizes'), resizeMode],
        Slice: [
          since(FIRST_OPSET),
          stored('stored', [1, 2, 3, 4], 'starts, ends, axes and steps'),
          unitSteps,
        ],
        ...each(['Split', 'Squeeze'], since(FIRST_OPSET), axes),
      },
    },
  },
};
