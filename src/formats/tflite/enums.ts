/** Enumerations of operator options and metadata: how a number is stored, and what it means from 0 on. */
export const ENUMS: Readonly<
  Record<string, { readonly scalar: 'byte' | 'uint' | 'int'; readonly names: readonly string[] }>
> = {
  ActivationFunctionType: bytes('NONE RELU RELU_N1_TO_1 RELU6 TANH SIGN_BIT'),
  CombinerType: bytes('SUM MEAN SQRTN'),
  CustomOptionsFormat: bytes('FLEXBUFFERS'),
  FullyConnectedOptionsWeightsFormat: bytes('DEFAULT SHUFFLED4x16INT8'),
  LSHProjectionType: bytes('UNKNOWN SPARSE DENSE'),
  LSTMKernelType: bytes('FULL BASIC'),
  MirrorPadMode: bytes('REFLECT SYMMETRIC'),
  Padding: bytes('SAME VALID'),
  ReduceWindowFunction: {
    scalar: 'int',
    names: 'UNSUPPORTED ADD MUL MINIMUM MAXIMUM ALL ANY'.split(' '),
  },
  RngAlgorithm: bytes('DEFAULT PHILOX THREEFRY'),
  StablehloComparisonDirection: { scalar: 'uint', names: 'EQ NE GE GT LE LT'.split(' ') },
  StablehloComparisonType: {
    scalar: 'uint',
    names: 'NOTYPE FLOAT FLOAT_TOTAL_ORDER SIGNED UNSIGNED'.split(' '),
  },
  StablehloPrecisionConfig: { scalar: 'uint', names: 'DEFAULT HIGH HIGHEST'.split(' ') },
  TensorType: bytes(
    'FLOAT32 FLOAT16 INT32 UINT8 INT64 STRING BOOL INT16 COMPLEX64 INT8 FLOAT64 COMPLEX128 UINT64 RESOURCE VARIANT UINT32 UINT16 INT4 BFLOAT16 INT2 UINT4 FLOAT8_E4M3FN FLOAT8_E5M2',
  ),
  AssociatedFileType: bytes(
    'UNKNOWN DESCRIPTIONS TENSOR_AXIS_LABELS TENSOR_VALUE_LABELS TENSOR_AXIS_SCORE_CALIBRATION VOCABULARY',
  ),
  BoundingBoxType: bytes('UNKNOWN BOUNDARIES UPPER_LEFT CENTER'),
  ColorSpaceType: bytes('UNKNOWN RGB GRAYSCALE'),
  CoordinateType: bytes('RATIO PIXEL'),
  ScoreTransformationType: bytes('IDENTITY LOG INVERSE_LOGISTIC'),
};

function bytes(names: string): { scalar: 'byte'; names: readonly string[] } {
  return { scalar: 'byte', names: names.split(' ') };
}
