import { makeInt64Tensor } from '../../../src/formats/onnx/writing/make';
import { classical, experimental } from './classicalCases';
import { type Case, fed, scalar, stored } from './single';

const f = fed;
const image = (channels = 4, height = 9, width = 7) => f([2, channels, height, width]);
const u8 = (shape: number[]) => f(shape, 'uint8');
const i8 = (shape: number[]) => f(shape, 'int8');
const scale = stored([0.1], 'float32', []);
const zeroU8 = stored([3], 'uint8', []);
const zeroI8 = stored([0], 'int8', []);

const activations: Case[] = [
  ...['Abs', 'Acos', 'Asin', 'Atan', 'Ceil', 'Cos', 'Erf', 'Exp', 'Floor', 'Log', 'Neg', 'Reciprocal'],
  ...[
    'Relu',
    'Round',
    'Sigmoid',
    'Sign',
    'Sin',
    'Sqrt',
    'Tan',
    'Tanh',
    'Softplus',
    'Softsign',
    'Selu',
    'Elu',
  ],
  ...['LeakyRelu', 'ThresholdedRelu', 'HardSigmoid', 'HardSwish', 'Softmax', 'LogSoftmax', 'Hardmax', 'Celu'],
  ...['Identity', 'Clip', 'Shrink', 'IsNaN', 'IsInf', 'MeanVarianceNormalization'],
].map((op) => ({ op, inputs: [image()] }));

const elementwise: Case[] = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum', 'Mean', 'Greater', 'Less', 'Equal'].map(
    (op) => ({
      op,
      inputs: [f([2, 1, 5]), f([3, 1])],
    }),
  ),
  ...['GreaterOrEqual', 'LessOrEqual'].map((op) => ({ op, inputs: [f([4, 1]), f([3])] })),
  ...['And', 'Or', 'Xor'].map((op) => ({ op, inputs: [f([4, 1], 'bool'), f([3], 'bool')] })),
  { op: 'Not', inputs: [f([4], 'bool')] },
  { op: 'PRelu', inputs: [image(), f([4, 1, 1])] },
  { op: 'Where', inputs: [f([4, 1], 'bool'), f([3]), f([2, 1, 1])] },
  { op: 'Mod', inputs: [stored([-7, 7, 5]), stored([3, -3, 5])] },
  { op: 'Mod', inputs: [stored([-7, 7, 5]), stored([3, -3, 5])], attributes: { fmod: 1 } },
  { op: 'BitShift', inputs: [u8([4]), u8([4])], attributes: { direction: 'LEFT' } },
  { op: 'Gelu', inputs: [image()], opset: 20 },
  { op: 'Mish', inputs: [image()], opset: 18 },
  { op: 'Dropout', inputs: [image()], outputs: 2 },
  { op: 'Dropout', inputs: [image()], opset: 7 },
  { op: 'Cast', inputs: [image()], attributes: { to: 7 } },
  { op: 'Cast', inputs: [stored([1.7, -1.7], 'float32')], attributes: { to: 7 } },
  { op: 'CastLike', inputs: [image(), f([1], 'int32')] },
  { op: 'CumSum', inputs: [image(), scalar(1)] },
  { op: 'Trilu', inputs: [f([4, 5])] },
  { op: 'com.microsoft.Gelu', inputs: [image()] },
  { op: 'com.microsoft.FastGelu', inputs: [f([2, 3, 8]), f([8])] },
  { op: 'com.microsoft.BiasGelu', inputs: [f([2, 3, 8]), f([8])] },
  { op: 'com.microsoft.QuickGelu', inputs: [image()] },
];

const convolution: Case[] = [
  { op: 'Conv', inputs: [image(), f([6, 4, 3, 3]), f([6])] },
  {
    op: 'Conv',
    inputs: [image(), f([8, 2, 3, 2])],
    attributes: { group: 2, strides: [2, 1], pads: [1, 0, 2, 1] },
  },
  {
    op: 'Conv',
    inputs: [image(), f([4, 1, 3, 3])],
    attributes: { group: 4, dilations: [2, 2], auto_pad: 'VALID' },
  },
  { op: 'Conv', inputs: [image(), f([6, 4, 3, 3])], attributes: { auto_pad: 'SAME_UPPER', strides: [2, 3] } },
  { op: 'Conv', inputs: [image(), f([6, 4, 4, 3])], attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] } },
  { op: 'Conv', inputs: [f([1, 3, 20]), f([5, 3, 4])], attributes: { strides: [3] } },
  { op: 'Conv', inputs: [f([1, 2, 5, 6, 7]), f([3, 2, 2, 3, 2])] },
  {
    op: 'ConvTranspose',
    inputs: [image(), f([4, 3, 3, 3])],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    op: 'ConvTranspose',
    inputs: [image(), f([4, 3, 3, 3])],
    attributes: { strides: [2, 3], output_padding: [1, 2] },
  },
  { op: 'ConvTranspose', inputs: [image(), f([4, 2, 3, 3])], attributes: { group: 2, dilations: [2, 1] } },
  {
    op: 'ConvTranspose',
    inputs: [image(), f([4, 3, 3, 3])],
    attributes: { strides: [2, 2], output_shape: [18, 14] },
  },
  {
    op: 'ConvTranspose',
    inputs: [image(), f([4, 3, 3, 3])],
    attributes: { strides: [2, 2], auto_pad: 'SAME_UPPER' },
  },
  { op: 'ConvInteger', inputs: [u8([1, 2, 6, 6]), u8([3, 2, 3, 3])] },
  {
    op: 'QLinearConv',
    inputs: [
      u8([1, 2, 6, 6]),
      scale,
      zeroU8,
      stored(new Array(54).fill(1), 'int8', [3, 2, 3, 3]),
      scale,
      zeroI8,
      scale,
      zeroU8,
    ],
  },
  {
    op: 'com.microsoft.FusedConv',
    inputs: [image(), f([6, 4, 3, 3]), f([6])],
    attributes: { activation: 'Relu' },
  },
  { op: 'DeformConv', inputs: [f([1, 2, 6, 6]), f([3, 2, 3, 3]), f([1, 18, 4, 4])], opset: 19 },
  { op: 'Col2Im', inputs: [f([1, 8, 12]), stored([4, 5]), stored([2, 2])], opset: 18 },
];

const pooling: Case[] = [
  ...['MaxPool', 'AveragePool', 'LpPool'].flatMap((op): Case[] => [
    { op, inputs: [image()], attributes: { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1] } },
    { op, inputs: [image()], attributes: { kernel_shape: [2, 3], auto_pad: 'SAME_UPPER', strides: [2, 2] } },
    { op, inputs: [image()], attributes: { kernel_shape: [2, 3], auto_pad: 'VALID' } },
  ]),
  ...[8, 9, 10, 11].map(
    (side): Case => ({
      op: 'MaxPool',
      inputs: [f([1, 1, side, side + 3])],
      attributes: { kernel_shape: [2, 3], strides: [3, 2], ceil_mode: 1, pads: [0, 1, 0, 1] },
    }),
  ),
  {
    op: 'AveragePool',
    inputs: [image()],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
  },
  { op: 'MaxPool', inputs: [image()], attributes: { kernel_shape: [2, 2], dilations: [2, 3] }, outputs: 2 },
  ...['GlobalAveragePool', 'GlobalMaxPool'].map((op) => ({ op, inputs: [image()] })),
  {
    op: 'MaxRoiPool',
    inputs: [image(), f([3, 5], 'float32', new Array(15).fill(0))],
    attributes: { pooled_shape: [2, 3] },
  },
  {
    op: 'RoiAlign',
    inputs: [image(), f([3, 4]), stored([0, 1, 0])],
    attributes: { output_height: 2, output_width: 5 },
  },
  {
    op: 'MaxUnpool',
    inputs: [f([1, 1, 2, 2]), f([1, 1, 2, 2], 'int64')],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  },
  {
    op: 'com.microsoft.QLinearAveragePool',
    inputs: [u8([1, 2, 6, 6]), scale, zeroU8, scale, zeroU8],
    attributes: { kernel_shape: [3, 3], strides: [2, 2] },
  },
  {
    op: 'com.microsoft.QLinearGlobalAveragePool',
    inputs: [u8([1, 6, 6, 2]), scale, zeroU8, scale, zeroU8],
    attributes: { channels_last: 1 },
  },
];

const matrices: Case[] = [
  { op: 'MatMul', inputs: [f([2, 1, 3, 4]), f([5, 4, 6])] },
  { op: 'MatMul', inputs: [f([4]), f([5, 4, 6])] },
  { op: 'MatMul', inputs: [f([5, 3, 4]), f([4])] },
  { op: 'MatMul', inputs: [f([4]), f([4])] },
  { op: 'MatMulInteger', inputs: [u8([3, 4]), i8([4, 5])] },
  { op: 'QLinearMatMul', inputs: [u8([3, 4]), scale, zeroU8, u8([4, 5]), scale, zeroU8, scale, zeroU8] },
  { op: 'Gemm', inputs: [f([3, 4]), f([4, 5]), f([5])] },
  { op: 'Gemm', inputs: [f([4, 3]), f([5, 4])], attributes: { transA: 1, transB: 1 } },
  {
    op: 'com.microsoft.FusedMatMul',
    inputs: [f([2, 4, 3]), f([2, 5, 4])],
    attributes: { transA: 1, transB: 1 },
  },
  { op: 'com.microsoft.FusedMatMul', inputs: [f([5, 2, 3]), f([2, 3, 4])], attributes: { transBatchA: 1 } },
  {
    op: 'com.microsoft.FusedGemm',
    inputs: [f([3, 4]), f([4, 5]), f([5])],
    attributes: { activation: 'Relu' },
  },
  {
    op: 'com.microsoft.DynamicQuantizeMatMul',
    inputs: [f([2, 3, 4]), stored(new Array(20).fill(1), 'int8', [4, 5]), scale],
  },
  { op: 'com.microsoft.MatMulIntegerToFloat', inputs: [u8([3, 4]), u8([4, 5]), scale, scale] },
  {
    op: 'com.microsoft.QGemm',
    inputs: [u8([3, 4]), scale, zeroU8, u8([4, 5]), scale, zeroU8, null, scale, zeroU8],
  },
  { op: 'com.microsoft.QGemm', inputs: [u8([3, 4]), scale, zeroU8, u8([4, 5]), scale, zeroU8] },
  {
    op: 'com.microsoft.MatMulNBits',
    inputs: [
      f([2, 3, 32]),
      stored(new Array(96).fill(1), 'uint8', [6, 1, 16]),
      stored(new Array(6).fill(1), 'float32'),
    ],
    attributes: { K: 32, N: 6, bits: 4, block_size: 32 },
  },
  ...['ij,jk->ik', 'ij,jk', 'ij,kj->ki'].map(
    (equation): Case => ({
      op: 'Einsum',
      inputs: equation === 'ij,kj->ki' ? [f([2, 3]), f([4, 3])] : [f([2, 3]), f([3, 4])],
      attributes: { equation },
    }),
  ),
  { op: 'Einsum', inputs: [f([2, 3, 4])], attributes: { equation: 'bij->bji' } },
  { op: 'Einsum', inputs: [f([2, 3, 4]), f([4, 5])], attributes: { equation: '...i,ij->...j' } },
  { op: 'Einsum', inputs: [f([2, 3, 4, 5]), f([2, 3, 6, 5])], attributes: { equation: 'bhid,bhjd->bhij' } },
  { op: 'Det', inputs: [f([2, 3, 3])] },
];

const recurrent: Case[] = [
  {
    op: 'LSTM',
    inputs: [f([5, 2, 3]), f([1, 16, 3]), f([1, 16, 4])],
    attributes: { hidden_size: 4 },
    outputs: 3,
  },
  {
    op: 'LSTM',
    inputs: [f([5, 2, 3]), f([2, 16, 3]), f([2, 16, 4])],
    attributes: { hidden_size: 4, direction: 'bidirectional' },
    outputs: 3,
  },
  {
    op: 'GRU',
    inputs: [f([5, 2, 3]), f([1, 12, 3]), f([1, 12, 4])],
    attributes: { hidden_size: 4 },
    outputs: 2,
  },
  {
    op: 'RNN',
    inputs: [f([5, 2, 3]), f([1, 4, 3]), f([1, 4, 4])],
    attributes: { hidden_size: 4 },
    outputs: 2,
  },
  {
    op: 'com.microsoft.DynamicQuantizeLSTM',
    inputs: [
      f([5, 2, 3]),
      stored(new Array(48).fill(1), 'int8', [1, 3, 16]),
      stored(new Array(64).fill(1), 'int8', [1, 4, 16]),
      null,
      null,
      null,
      null,
      null,
      stored([0.1], 'float32'),
      stored([0], 'int8'),
      stored([0.1], 'float32'),
      stored([0], 'int8'),
    ],
    attributes: { hidden_size: 4 },
    outputs: 3,
  },
];

const attention: Case[] = [
  {
    op: 'com.microsoft.Attention',
    inputs: [f([2, 3, 8]), f([8, 24]), f([24])],
    attributes: { num_heads: 2 },
  },
  {
    op: 'com.microsoft.Attention',
    inputs: [f([2, 3, 8]), f([8, 24]), f([24]), null, f([2, 2, 2, 5, 4])],
    attributes: { num_heads: 2, unidirectional: 1 },
    outputs: 2,
  },
  {
    op: 'com.microsoft.Attention',
    inputs: [f([2, 3, 8]), f([8, 28]), f([28])],
    attributes: { num_heads: 2, qkv_hidden_sizes: [8, 8, 12] },
  },
  {
    op: 'com.microsoft.QAttention',
    inputs: [
      u8([2, 3, 8]),
      stored(new Array(192).fill(1), 'uint8', [8, 24]),
      f([24]),
      scale,
      scale,
      null,
      zeroU8,
      zeroU8,
    ],
    attributes: { num_heads: 2 },
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    inputs: [f([2, 3, 8]), f([2, 5, 8]), f([2, 5, 8])],
    attributes: { num_heads: 2 },
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    inputs: [f([2, 3, 8]), f([2, 5, 8]), f([2, 5, 8]), null, null, null, f([2, 2, 6, 4]), f([2, 2, 6, 4])],
    attributes: { num_heads: 2 },
    outputs: 3,
  },
  {
    op: 'com.microsoft.GroupQueryAttention',
    inputs: [
      f([1, 3, 32]),
      f([1, 3, 16]),
      f([1, 3, 16]),
      f([1, 2, 5, 8]),
      f([1, 2, 5, 8]),
      stored([7], 'int32'),
      scalar(8, 'int32'),
    ],
    attributes: { num_heads: 4, kv_num_heads: 2 },
    outputs: 3,
  },
  { op: 'Attention', inputs: [f([2, 4, 3, 8]), f([2, 2, 5, 8]), f([2, 2, 5, 6])], opset: 23 },
  {
    op: 'Attention',
    inputs: [f([2, 3, 32]), f([2, 5, 16]), f([2, 5, 12]), null, f([2, 2, 4, 8]), f([2, 2, 4, 6])],
    attributes: { q_num_heads: 4, kv_num_heads: 2 },
    opset: 23,
    outputs: 3,
  },
  { op: 'com.microsoft.SkipLayerNormalization', inputs: [f([2, 3, 8]), f([2, 3, 8]), f([8]), f([8])] },
  {
    op: 'com.microsoft.SkipSimplifiedLayerNormalization',
    inputs: [f([2, 3, 8]), f([2, 3, 8]), f([8])],
  },
  {
    op: 'com.microsoft.EmbedLayerNormalization',
    inputs: [
      f([2, 3], 'int32'),
      f([2, 3], 'int32'),
      f([9, 8]),
      f([5, 8]),
      f([2, 8]),
      f([8]),
      f([8]),
      f([2, 3], 'int32'),
    ],
    outputs: 2,
  },
  {
    op: 'com.microsoft.RotaryEmbedding',
    inputs: [f([1, 3, 16]), stored([0]), f([5, 4]), f([5, 4])],
    attributes: { num_heads: 2 },
  },
];

const normalization: Case[] = [
  { op: 'BatchNormalization', inputs: [image(), f([4]), f([4]), f([4]), f([4], 'float32', [1, 2, 3, 4])] },
  { op: 'InstanceNormalization', inputs: [image(), f([4]), f([4])] },
  { op: 'LayerNormalization', inputs: [f([2, 3, 8]), f([8]), f([8])], outputs: 3 },
  { op: 'LayerNormalization', inputs: [f([2, 3, 8]), f([3, 8])], attributes: { axis: 1 } },
  { op: 'SimplifiedLayerNormalization', inputs: [f([2, 3, 8]), f([8])] },
  { op: 'RMSNormalization', inputs: [f([2, 3, 8]), f([8])], opset: 23 },
  { op: 'GroupNormalization', inputs: [image(), f([4]), f([4])], attributes: { num_groups: 2 }, opset: 21 },
  { op: 'LpNormalization', inputs: [image()] },
  { op: 'LRN', inputs: [image()], attributes: { size: 3 } },
];

const shapes: Case[] = [
  { op: 'Shape', inputs: [image()] },
  { op: 'Shape', inputs: [image()], attributes: { start: 1, end: -1 } },
  { op: 'Size', inputs: [image()] },
  { op: 'Reshape', inputs: [f([2, 3, 4]), stored([0, -1])] },
  { op: 'Reshape', inputs: [f([2, 3, 4]), stored([4, 6])] },
  { op: 'Reshape', inputs: [f([0, 3]), stored([3, 0])], attributes: { allowzero: 1 } },
  { op: 'Reshape', inputs: [f([1]), stored([], 'int64')] },
  { op: 'Flatten', inputs: [f([2, 3, 4])], attributes: { axis: 2 } },
  { op: 'Flatten', inputs: [f([2, 3, 4])], attributes: { axis: -1 } },
  { op: 'Flatten', inputs: [f([2, 3, 4])], attributes: { axis: 0 } },
  { op: 'Squeeze', inputs: [f([2, 1, 4, 1])] },
  { op: 'Squeeze', inputs: [f([2, 1, 4, 1]), stored([-1])] },
  { op: 'Squeeze', inputs: [f([2, 1, 4, 1])], attributes: { axes: [1] }, opset: 11 },
  { op: 'Unsqueeze', inputs: [f([2, 4]), stored([0, -1])] },
  { op: 'Unsqueeze', inputs: [f([2, 4])], attributes: { axes: [1, 3] }, opset: 11 },
  { op: 'Transpose', inputs: [f([2, 3, 4])] },
  { op: 'Transpose', inputs: [stored([1, 2, 3, 4, 5, 6], 'int64', [2, 3])], attributes: { perm: [1, 0] } },
  { op: 'Expand', inputs: [f([3, 1]), stored([2, 1, 4])] },
  { op: 'Expand', inputs: [stored([7, 8], 'int64', [2, 1]), stored([2, 3])] },
  { op: 'Tile', inputs: [f([2, 3]), stored([2, 4])] },
  { op: 'Tile', inputs: [stored([1, 2], 'int64', [2, 1]), stored([2, 3])] },
  { op: 'Concat', inputs: [f([2, 3]), f([2, 5])], attributes: { axis: -1 } },
  {
    op: 'Concat',
    inputs: [stored([1, 2], 'int64', [1, 2]), stored([3, 4], 'int64', [1, 2])],
    attributes: { axis: 1 },
  },
  { op: 'Split', inputs: [f([2, 7]), stored([3, 4])], attributes: { axis: 1 }, outputs: 2 },
  { op: 'Split', inputs: [f([2, 6])], attributes: { axis: 1 }, outputs: 3 },
  { op: 'Split', inputs: [f([2, 7])], attributes: { axis: 1, num_outputs: 3 }, outputs: 3, opset: 18 },
  { op: 'Split', inputs: [f([2, 7])], attributes: { axis: 1, split: [2, 5] }, outputs: 2, opset: 11 },
  { op: 'Split', inputs: [stored([5, 6, 7])], attributes: { axis: 0 }, outputs: 3 },
  { op: 'Pad', inputs: [image(), stored([0, 0, 1, 2, 0, 0, 3, 4])] },
  { op: 'Pad', inputs: [image(), stored([1, 2, 3, 4]), null, stored([-1, 2])], opset: 18 },
  { op: 'Pad', inputs: [image()], attributes: { pads: [0, 0, 1, 2, 0, 0, -1, 4] }, opset: 10 },
  { op: 'ConstantOfShape', inputs: [stored([2, 3])] },
  { op: 'ConstantOfShape', inputs: [stored([2])], attributes: { value: makeInt64Tensor('', [1], [7]) } },
  { op: 'Range', inputs: [scalar(2), scalar(11), scalar(3)] },
  { op: 'Range', inputs: [scalar(5), scalar(0), scalar(-2)] },
  { op: 'EyeLike', inputs: [f([3, 4])], attributes: { dtype: 6 } },
  { op: 'RandomNormal', inputs: [], attributes: { shape: [2, 3] } },
  { op: 'RandomUniformLike', inputs: [f([3, 4])] },
  { op: 'Bernoulli', inputs: [f([3, 4], 'float32', new Array(12).fill(0.5))] },
  { op: 'Multinomial', inputs: [f([3, 4])], attributes: { sample_size: 5 } },
  { op: 'HannWindow', inputs: [scalar(10)] },
];

const indexing: Case[] = [
  { op: 'Slice', inputs: [f([9, 8]), stored([1, -3]), stored([7, 2 ** 31])] },
  { op: 'Slice', inputs: [f([9, 8]), stored([7]), stored([-(2 ** 31)]), stored([-1]), stored([-2])] },
  { op: 'Slice', inputs: [f([9, 8])], attributes: { starts: [2], ends: [100], axes: [1] }, opset: 9 },
  { op: 'Slice', inputs: [stored([1, 2, 3, 4, 5]), stored([-2]), stored([0]), stored([0]), stored([-1])] },
  { op: 'Gather', inputs: [f([5, 6, 7]), f([2, 3], 'int64')], attributes: { axis: 1 } },
  { op: 'Gather', inputs: [stored([10, 20, 30]), stored([-1, 0])] },
  { op: 'Gather', inputs: [stored([1, 2, 3, 4, 5, 6], 'int64', [2, 3]), scalar(1)], attributes: { axis: 1 } },
  { op: 'GatherElements', inputs: [f([5, 6]), f([2, 6], 'int64')] },
  { op: 'GatherND', inputs: [f([5, 6, 7]), f([3, 2], 'int64')] },
  { op: 'GatherND', inputs: [f([2, 6, 7]), f([2, 1], 'int64')], attributes: { batch_dims: 1 } },
  { op: 'ScatterND', inputs: [f([5, 6]), f([2, 1], 'int64', [0, 1]), f([2, 6])] },
  {
    op: 'ScatterElements',
    inputs: [f([5, 6]), f([2, 6], 'int64', [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]), f([2, 6])],
  },
  { op: 'TopK', inputs: [f([3, 9]), stored([4])], outputs: 2 },
  { op: 'TopK', inputs: [f([3, 9])], attributes: { k: 2, axis: 0 }, outputs: 2, opset: 9 },
  { op: 'OneHot', inputs: [f([2, 3], 'int64'), scalar(5), stored([0, 1], 'float32')] },
  {
    op: 'OneHot',
    inputs: [f([2, 3], 'int64'), stored([5]), stored([0, 1], 'float32')],
    attributes: { axis: 0 },
  },
  { op: 'NonZero', inputs: [stored([0, 1, 0, 2], 'int64', [2, 2])] },
  { op: 'NonZero', inputs: [f([2, 2])], open: true },
  { op: 'Unique', inputs: [f([6])], outputs: 4, open: true },
  { op: 'Compress', inputs: [f([4, 3]), f([4], 'bool')], attributes: { axis: 0 }, open: true },
  { op: 'ReverseSequence', inputs: [f([4, 2]), stored([3, 2])] },
  {
    op: 'NonMaxSuppression',
    inputs: [f([1, 6, 4]), f([1, 2, 6]), stored([3]), stored([0.5], 'float32'), stored([0], 'float32')],
    open: true,
  },
];

const reductions: Case[] = [
  ...['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin'],
  ...['ReduceProd', 'ReduceSumSquare', 'ReduceSum'],
].flatMap((op): Case[] => [
  { op, inputs: [image()] },
  { op, inputs: [image()], attributes: { keepdims: 0 } },
  { op, inputs: [image()], attributes: { axes: [1, -1], keepdims: 0 }, opset: 11 },
  { op, inputs: [image(), stored([-1, 2])], opset: 18 },
]);

const otherReductions: Case[] = [
  { op: 'ReduceSum', inputs: [f([2, 3]), stored([], 'int64')], attributes: { noop_with_empty_axes: 1 } },
  ...['ReduceProd', 'ReduceMax', 'ReduceMin', 'ReduceSum'].map(
    (op): Case => ({
      op,
      inputs: [stored([3, 4, 5, 6, 7, 8], 'int64', [2, 3]), stored([1])],
      opset: 18,
    }),
  ),
  { op: 'ArgMax', inputs: [image()], attributes: { axis: 1 } },
  { op: 'ArgMin', inputs: [image()], attributes: { axis: -1, keepdims: 0 } },
];

const quantization: Case[] = [
  { op: 'QuantizeLinear', inputs: [image(), scale, zeroI8] },
  { op: 'QuantizeLinear', inputs: [image(), scale] },
  { op: 'DequantizeLinear', inputs: [u8([2, 3]), scale, zeroU8] },
  { op: 'DynamicQuantizeLinear', inputs: [image()], outputs: 3 },
  { op: 'com.microsoft.QuantizeLinear', inputs: [image(), scale, zeroU8] },
  { op: 'com.microsoft.DequantizeLinear', inputs: [i8([2, 3]), scale, zeroI8] },
  {
    op: 'com.microsoft.QLinearAdd',
    inputs: [u8([2, 1]), scale, zeroU8, u8([3]), scale, zeroU8, scale, zeroU8],
  },
  {
    op: 'com.microsoft.QLinearMul',
    inputs: [i8([2, 1]), scale, zeroI8, i8([3]), scale, zeroI8, scale, zeroI8],
  },
  { op: 'com.microsoft.QLinearSigmoid', inputs: [u8([2, 3]), scale, zeroU8, scale, zeroU8] },
  {
    op: 'com.microsoft.QLinearLeakyRelu',
    inputs: [u8([2, 3]), scale, zeroU8, scale, zeroU8],
    attributes: { alpha: 0.1 },
  },
  {
    op: 'com.microsoft.QLinearSoftmax',
    inputs: [u8([2, 3]), scale, zeroU8, scale, zeroU8],
    attributes: { opset: 13 },
  },
  {
    op: 'com.microsoft.QLinearConcat',
    inputs: [scale, zeroU8, u8([2, 3]), scale, zeroU8, u8([2, 4]), scale, zeroU8],
    attributes: { axis: 1 },
  },
];

const images: Case[] = [
  { op: 'Resize', inputs: [image(), null, stored([1, 1, 2, 1.7], 'float32')] },
  { op: 'Resize', inputs: [image(), null, null, stored([2, 4, 5, 20])] },
  { op: 'Resize', inputs: [image(), null, null, stored([20, 30])], attributes: { axes: [2, 3] }, opset: 18 },
  ...['not_larger', 'not_smaller'].map(
    (policy): Case => ({
      op: 'Resize',
      inputs: [image(), null, null, stored([20, 30])],
      attributes: { axes: [2, 3], keep_aspect_ratio_policy: policy },
      opset: 18,
    }),
  ),
  { op: 'Resize', inputs: [image(), stored([1, 1, 0.6, 2], 'float32')], opset: 10 },
  { op: 'Upsample', inputs: [image(), stored([1, 1, 2, 3], 'float32')], opset: 9 },
  { op: 'Upsample', inputs: [image()], attributes: { scales: [1, 1, 2, 3] }, opset: 7 },
  { op: 'DepthToSpace', inputs: [f([1, 8, 3, 4])], attributes: { blocksize: 2 } },
  { op: 'SpaceToDepth', inputs: [f([1, 2, 6, 4])], attributes: { blocksize: 2 } },
  { op: 'GridSample', inputs: [image(), f([2, 5, 6, 2])] },
  { op: 'AffineGrid', inputs: [f([2, 2, 3]), stored([2, 3, 5, 6])], opset: 20 },
  { op: 'CenterCropPad', inputs: [f([9, 8, 3]), stored([5, 12])], attributes: { axes: [0, 1] }, opset: 18 },
  {
    op: 'com.microsoft.CropAndResize',
    inputs: [
      f([1, 2, 8, 8]),
      f([3, 4], 'float32', new Array(12).fill(0.5)),
      stored([0, 0, 0], 'int32'),
      stored([4, 5], 'int32'),
    ],
  },
];

const signals: Case[] = [
  { op: 'DFT', inputs: [f([1, 10, 1])], attributes: { axis: 1, onesided: 1 } },
  { op: 'DFT', inputs: [f([1, 10, 2]), scalar(16)], attributes: { axis: 1 } },
  { op: 'DFT', inputs: [f([1, 10, 1]), null, scalar(1)], attributes: { onesided: 1 }, opset: 20 },
  { op: 'STFT', inputs: [f([1, 128, 1]), scalar(8), f([16])] },
  { op: 'STFT', inputs: [f([1, 128, 1]), scalar(8), null, scalar(16)], attributes: { onesided: 0 } },
  {
    op: 'MelWeightMatrix',
    inputs: [scalar(8), scalar(16), scalar(8192), scalar(0, 'float32'), scalar(4096, 'float32')],
  },
];

export const cases: readonly Case[] = [
  ...activations,
  ...elementwise,
  ...convolution,
  ...pooling,
  ...matrices,
  ...recurrent,
  ...attention,
  ...normalization,
  ...shapes,
  ...indexing,
  ...reductions,
  ...otherReductions,
  ...quantization,
  ...images,
  ...signals,
  ...classical,
  ...experimental,
];
