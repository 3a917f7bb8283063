import { all, places, ranks, stored, types } from '../conditions';
import type { Layer } from '../layer';
import { type Condition, each, open, operators, refused, type Target } from '../target';
import { NNAPI_DEPRECATED, NNAPI_SOURCE } from './nnapi';

const LOOKED = '2026-11-26';

/** The model’s version of ONNX’s own operators; null where it is not known. */
function opset(layer: Layer): number | null {
  const found = /ai\.onnx (\d+)/.exec(layer.property('Opset') ?? '')?.[1];
  return found === undefined ? null : Number(found);
}

/** Which versions of an operator the package has is known for the opsets that it was made for. */
const packageOpset: Condition = {
  id: 'opset',
  check: (layer) => {
    const version = opset(layer);
    if (version === null) return open('The file does not state its opset.');
    return MOBILE_OPSETS.includes(version)
      ? null
      : open(
          `The model uses opset ${version}, and the package was made for ${MOBILE_OPSETS.join(' and ')}.`,
          'Export the model with opset 13, or use the full package.',
        );
  },
};

const isText = (
  id: string,
  name: string,
  allowed: readonly string[],
  absent: string,
  fix: string,
): Condition => ({
  id,
  check: (layer) => {
    const value = String(layer.attribute(name) ?? absent);
    return allowed.includes(value) ? null : refused(`${name} is ${value}.`, fix);
  },
});

const scales = stored('scales', [1, 2], 'scales and zero points');
const productScales = stored('scales', [1, 2, 4, 5, 6, 7], 'scales and zero points');
const pool2d = places('places', 2);

const MOBILE = operators(`
  Abs Add And ArgMax ArgMin AveragePool Cast Ceil Clip Concat ConstantOfShape Conv ConvTranspose Cos CumSum
  DepthToSpace DequantizeLinear Div DynamicQuantizeLinear Elu Equal Exp Expand Flatten Floor Gather GatherND
  Gemm Greater GreaterOrEqual Identity If LRN LeakyRelu Less LessOrEqual Log LogSoftmax Loop MatMul Max
  MaxPool Mean Min Mul Neg NonMaxSuppression NonZero Not Or PRelu Pad Pow QuantizeLinear Range Reciprocal
  ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum Relu Reshape Resize ReverseSequence Round ScatterND
  Shape Sigmoid Sin Size Slice Softmax SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh ThresholdedRelu Tile
  TopK Transpose Unique Unsqueeze Where Erf GlobalAveragePool InstanceNormalization MatMulInteger
  QLinearConv QLinearMatMul Scan LayerNormalization
`);
/** Of the package’s opsets, the last. */
const MOBILE_OPSETS = [12, 13];
const MOBILE_TYPES = ['float32', 'int8', 'uint8', 'int32', 'int64', 'bool'] as const;

/** ONNX Runtime’s reduced package for phones. */
export const ortMobile: Target = {
  id: 'ort-mobile',
  name: 'ONNX Runtime Mobile package',
  place: 'the mobile package',
  otherwise: 'do not run: use the full package',
  formats: ['onnx'],
  sources: [
    {
      title: 'ONNX Runtime: tools/ci_build/github/android/mobile_package.required_operators.config',
      url: 'https://github.com/microsoft/onnxruntime/blob/main/tools/ci_build/github/android/mobile_package.required_operators.config',
      version: 'commit 3de3fc0',
      looked: LOOKED,
    },
  ],
  caution:
    'The list is of the reduced package. The full package for Android and iOS has every operator of ONNX.',
  rules: [],
  layers: {
    onnx: {
      others: 'falls back',
      every: [
        packageOpset,
        all('types', types('types', 'activations', MOBILE_TYPES), types('types', 'outputs', MOBILE_TYPES)),
      ],
      operators: each(MOBILE),
    },
  },
};

const matrix: Condition = {
  id: 'matrix',
  check: (layer) =>
    layer.isStored(1) || layer.number('transB', 0) === 1
      ? null
      : refused('Its second factor is computed and not transposed.', 'Store it, or set transB.'),
};

const NNAPI_PLAIN = operators(`
  Abs Add Cast Clip Concat Div Elu Exp Flatten Floor Identity Log MatMul Max Min Mul Neg Pow PRelu Relu
  Reshape Sigmoid Sin Slice Softmax Sqrt Squeeze Sub Tanh Transpose Unsqueeze
`);

/** NNAPI through ONNX Runtime. */
export const nnapiEp: Target = {
  id: 'nnapi-ep',
  name: 'ONNX Runtime NNAPI (deprecated)',
  place: 'NNAPI',
  otherwise: 'run on the CPU',
  formats: ['onnx'],
  sources: [
    NNAPI_SOURCE,
    {
      title: 'ONNX Runtime: tools/ci_build/github/android/nnapi_supported_ops.md',
      url: 'https://github.com/microsoft/onnxruntime/blob/main/tools/ci_build/github/android/nnapi_supported_ops.md',
      version: 'commit 5308675',
      looked: LOOKED,
    },
  ],
  caution: NNAPI_DEPRECATED,
  rules: [],
  layers: {
    onnx: {
      others: 'falls back',
      operators: {
        ...each(NNAPI_PLAIN),
        ...each(['AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'MaxPool', 'Resize'], pool2d),
        Conv: [pool2d, stored('stored', [1, 2], 'weights and bias')],
        DepthToSpace: [isText('mode', 'mode', ['DCR'], 'DCR', 'Use the mode DCR.')],
        Pad: [isText('mode', 'mode', ['constant'], 'constant', 'Pad with a constant.')],
        ...each(['QuantizeLinear', 'DequantizeLinear'], scales),
        Gather: [
          {
            id: 'indices',
            check: (layer) =>
              layer.isStored(1) || layer.input(1)?.type === 'int32'
                ? null
                : refused(`Its indices are computed as ${layer.input(1)?.type}.`, 'Use int32 indices.'),
          },
        ],
        Gemm: [matrix],
        QLinearConv: [pool2d, stored('stored', [3, 8], 'weights and bias'), productScales],
        QLinearMatMul: [productScales],
        'com.microsoft.QLinearAdd': [productScales],
        'com.microsoft.QLinearAveragePool': [
          pool2d,
          stored('scales', [1, 2, 3, 4], 'scales and zero points'),
        ],
        'com.microsoft.QLinearSigmoid': [stored('scales', [1, 2, 3, 4], 'scales and zero points')],
      },
    },
  },
};

const COREML_PLAIN = operators(`
  Add ArgMax Cast Clip Concat Cos Ceil Div Elu Erf Exp Gelu GroupNormalization HardSigmoid Identity
  InstanceNormalization LayerNormalization LeakyRelu Max Mul PRelu Range Reciprocal ReduceSum ReduceMean
  ReduceMax Relu Reshape Round Shape Sin Softplus Sub Sigmoid Softmax Sqrt Squeeze Tanh Transpose Unsqueeze
  MatMul com.microsoft.QuickGelu com.microsoft.FusedConv
`);

/** Core ML through ONNX Runtime, as an ML Program. */
export const coremlEp: Target = {
  id: 'coreml-ep',
  name: 'ONNX Runtime CoreML',
  place: 'Core ML',
  otherwise: 'run on the CPU',
  formats: ['onnx'],
  sources: [
    {
      title: 'ONNX Runtime: tools/ci_build/github/apple/coreml_supported_mlprogram_ops.md',
      url: 'https://github.com/microsoft/onnxruntime/blob/main/tools/ci_build/github/apple/coreml_supported_mlprogram_ops.md',
      version: 'commit 04f568d',
      looked: LOOKED,
    },
  ],
  caution: 'With ModelFormat = MLProgram. Whether Core ML uses CPU, GPU or Neural Engine it decides itself.',
  rules: [],
  layers: {
    onnx: {
      others: 'falls back',
      open: { Resize: 'Its combinations of attributes are documented by the source alone.' },
      operators: {
        ...each(COREML_PLAIN),
        ...each(['AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'MaxPool'], pool2d),
        Conv: [places('places', 1, 2), stored('stored', [2], 'biases')],
        ConvTranspose: [
          stored('stored', [1, 2], 'weights and bias'),
          isText('padding', 'auto_pad', ['NOTSET', 'VALID'], 'NOTSET', 'State the paddings.'),
          {
            id: 'output-size',
            check: (layer) =>
              layer.attribute('output_shape') === undefined &&
              (layer.numbers('output_padding') ?? []).every((pad) => pad === 0)
                ? null
                : refused('It states the size of its output.', 'Leave output_shape and output_padding out.'),
          },
        ],
        DepthToSpace: [
          {
            id: 'mode',
            check: (layer) => {
              const open_ = layer.input(0)?.declaredShape?.some((size) => typeof size !== 'number') ?? true;
              return layer.attribute('mode') === 'CRD' && open_
                ? refused('Its mode is CRD, with open sizes.', 'Fix the sizes of the input.')
                : null;
            },
          },
        ],
        Gemm: [stored('stored', [1], 'weights')],
        GatherND: [
          {
            id: 'batch',
            check: (layer) =>
              layer.number('batch_dims', 0) === 0
                ? null
                : refused('It gathers in batches.', 'Use batch_dims = 0.'),
          },
        ],
        GridSample: [ranks('dimensions', 'input', 4, 4)],
        Pow: [types('types', 'inputs', ['float32'])],
        Slice: [stored('stored', [1, 2, 3, 4], 'starts, ends, axes and steps')],
        Split: [stored('stored', [1], 'sizes')],
        Tile: [ranks('dimensions', 'input', 0, 5)],
      },
    },
  },
};
