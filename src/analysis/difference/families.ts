/**
 * Operators that do the same in different formats, written as their names are after `simple`: ONNX's `GlobalAveragePool`
 * is TensorFlow Lite's `MEAN` and Core ML's `reduce_mean`. What is not listed is a family of its own, which most
 * operators share by name alone: `Softmax`, `SOFTMAX`, `softmax`.
 */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  conv: [
    ...['conv2d', 'conv3d', 'depthwiseconv2d', 'convolution', 'convinteger', 'qlinearconv', 'fusedconv'],
    ...['nhwcfusedconv', 'nhwcconv'],
  ],
  convtranspose: ['transposeconv', 'conv3dtranspose', 'qlinearconvtranspose'],
  matmul: [
    ...['gemm', 'fullyconnected', 'linear', 'innerproduct', 'batchmatmul', 'batchedmatmul', 'matmulinteger'],
    ...['qlinearmatmul', 'qgemm', 'dynamicquantizematmul', 'matmulintegertofloat', 'matmulnbits'],
    ...['fusedmatmul', 'fusedgemm'],
  ],
  clip: ['relu6', 'relun1to1', 'relu0to1', 'clamp'],
  relu: ['activationrelu', 'qlinearrelu'],
  leakyrelu: ['qlinearleakyrelu'],
  sigmoid: ['logistic', 'qlinearsigmoid'],
  hardswish: ['hswish'],
  mean: ['globalaveragepool', 'reducemean', 'qlinearglobalaveragepool'],
  maxpool: ['maxpool2d'],
  averagepool: ['averagepool2d', 'avgpool', 'qlinearaveragepool'],
  concat: ['concatenation', 'qlinearconcat'],
  pad: ['padv2', 'mirrorpad', 'constantpad', 'padding'],
  reshape: ['squeeze', 'unsqueeze', 'flatten', 'expanddims', 'reshapestatic', 'flattento2d'],
  resize: [
    ...['upsample', 'resizebilinear', 'resizenearestneighbor', 'upsamplebilinear', 'upsamplenearestneighbor'],
  ],
  slice: ['stridedslice', 'slicebyindex', 'slicebysize', 'slicestatic', 'crop'],
  batchnorm: ['batchnormalization', 'batchnormfamily'],
  instancenorm: ['instancenormalization'],
  layernorm: ['layernormalization'],
  add: ['addn', 'addbroadcastable', 'biasadd', 'qlinearadd'],
  mul: ['multiply', 'multiplybroadcastable', 'qlinearmul'],
  sub: ['subtractbroadcastable'],
  div: ['realdiv', 'dividebroadcastable'],
  max: ['maximum'],
  min: ['minimum'],
  sum: ['reducesum'],
  argmax: ['reduceargmax'],
  argmin: ['reduceargmin'],
  depthtospace: ['pixelshuffle'],
  quantize: ['quantizelinear', 'dynamicquantizelinear'],
  dequantize: ['dequantizelinear'],
  constant: ['const', 'loadconstant', 'loadconstantnd'],
  identity: ['copy'],
  lstm: ['unidirectionalsequencelstm'],
};

const FAMILY_OF = new Map(
  Object.entries(FAMILIES).flatMap(([family, members]) => members.map((member) => [member, family] as const)),
);

/** What an operator does, whatever its format calls it. */
export function familyOf(op: string): string {
  const name = simple(op);
  return FAMILY_OF.get(name) ?? name;
}

/** The operator's name without its domain, underscores, and capitals. */
function simple(op: string): string {
  return op
    .slice(op.lastIndexOf('.') + 1)
    .replaceAll('_', '')
    .toLowerCase();
}

/** Applied to each element by itself, so that a layer before it can do it as it writes its output. */
export const ACTIVATIONS: ReadonlySet<string> = new Set([
  ...['clip', 'relu', 'leakyrelu', 'sigmoid', 'hardsigmoid', 'hardswish', 'tanh', 'elu', 'signbit'],
]);

/** Linear with constants, or in the sign alone, so that a layer before it can take them into its weights. */
export const LINEAR: ReadonlySet<string> = new Set(['batchnorm', 'add', 'sub', 'mul', 'div', 'neg']);

/** Layers that hand on what they get in another type or form, and may take over the names of the tensors that they convert. */
export const CONVERSIONS: ReadonlySet<string> = new Set([
  ...['quantize', 'dequantize', 'cast', 'transpose', 'reshape', 'identity'],
]);
