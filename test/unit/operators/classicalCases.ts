import { type Case, fed, scalar, stored } from './single';

const floats = (...values: number[]) => Float32Array.from(values);
const rows = fed([5, 3]);
const ints = [0, 1, 2];

/** A stump: one question about the first feature. */
const stump = {
  nodes_treeids: [0, 0, 0],
  nodes_nodeids: [0, 1, 2],
  nodes_featureids: [0, 0, 0],
  nodes_values: floats(0.5, 0, 0),
  nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
  nodes_truenodeids: [1, 0, 0],
  nodes_falsenodeids: [2, 0, 0],
  nodes_missing_value_tracks_true: [0, 0, 0],
};

const classifierStump = (labels: number[]) => ({
  ...stump,
  class_treeids: [0, 0],
  class_nodeids: [1, 2],
  class_ids: [0, 1],
  class_weights: floats(1, 1),
  classlabels_int64s: labels,
});

const vectors = (classes: number) => ({
  kernel_type: 'RBF',
  kernel_params: floats(0.5, 0, 3),
  vectors_per_class: new Array<number>(classes).fill(1),
  support_vectors: floats(...new Array<number>(classes * 3).fill(0.25)),
  coefficients: floats(...new Array<number>(classes * (classes - 1)).fill(0.5)),
  rho: floats(...new Array<number>((classes * (classes - 1)) / 2).fill(0.1)),
  classlabels_ints: Array.from({ length: classes }, (_, n) => n),
});

const ML: Case[] = [
  { op: 'ArrayFeatureExtractor', inputs: [rows, stored([2, 0])] },
  { op: 'ArrayFeatureExtractor', inputs: [fed([4]), stored([2, 0, 1])] },
  { op: 'Binarizer', inputs: [rows], attributes: { threshold: 0.5 } },
  { op: 'FeatureVectorizer', inputs: [rows, fed([5, 2])], attributes: { inputdimensions: [3, 2] } },
  { op: 'FeatureVectorizer', inputs: [fed([3])], attributes: { inputdimensions: [3] } },
  {
    op: 'Imputer',
    inputs: [rows],
    attributes: { imputed_value_floats: floats(1), replaced_value_float: 0.5 },
  },
  {
    op: 'LabelEncoder',
    inputs: [fed([2, 3], 'int64')],
    attributes: { keys_int64s: [0, 1], values_floats: floats(0.5, 2) },
    domainVersion: 2,
  },
  {
    op: 'LabelEncoder',
    inputs: [fed([2, 3], 'int64')],
    attributes: { keys_int64s: [0, 1], values_strings: ['a', 'b'], default_string: 'c' },
    domainVersion: 2,
  },
  {
    op: 'LinearClassifier',
    inputs: [rows],
    attributes: {
      coefficients: floats(...new Array<number>(9).fill(0.5)),
      intercepts: floats(1, 2, 3),
      classlabels_ints: ints,
      post_transform: 'SOFTMAX',
    },
    outputs: 2,
  },
  {
    op: 'LinearClassifier',
    inputs: [rows],
    attributes: {
      coefficients: floats(1, 2, 3),
      intercepts: floats(1),
      classlabels_strings: ['no', 'yes'],
      post_transform: 'LOGISTIC',
    },
    outputs: 2,
  },
  {
    op: 'LinearRegressor',
    inputs: [rows],
    attributes: { coefficients: floats(1, 2, 3, 4, 5, 6), intercepts: floats(1, 2), targets: 2 },
  },
  { op: 'LinearRegressor', inputs: [fed([3])], attributes: { coefficients: floats(1, 2, 3) } },
  { op: 'Normalizer', inputs: [rows], attributes: { norm: 'L2' } },
  { op: 'Normalizer', inputs: [fed([2, 3], 'int64')], attributes: { norm: 'L1' } },
  {
    op: 'OneHotEncoder',
    inputs: [fed([2, 3], 'int64')],
    attributes: { cats_int64s: [0, 1, 2, 3], zeros: 1 },
  },
  { op: 'Scaler', inputs: [fed([2, 3], 'int64')], attributes: { offset: floats(1), scale: floats(2) } },
  { op: 'SVMClassifier', inputs: [rows], attributes: vectors(3), outputs: 2 },
  { op: 'SVMClassifier', inputs: [rows], attributes: vectors(4), outputs: 2 },
  { op: 'SVMClassifier', inputs: [rows], attributes: vectors(2), outputs: 2 },
  {
    op: 'SVMClassifier',
    inputs: [rows],
    attributes: { ...vectors(4), prob_a: floats(1, 1, 1, 1, 1, 1), prob_b: floats(1, 1, 1, 1, 1, 1) },
    outputs: 2,
  },
  {
    op: 'SVMRegressor',
    inputs: [rows],
    attributes: {
      kernel_type: 'LINEAR',
      kernel_params: floats(0.5, 0, 3),
      n_supports: 2,
      support_vectors: floats(1, 2, 3, 4, 5, 6),
      coefficients: floats(0.5, 1),
      rho: floats(0.1),
    },
  },
  { op: 'TreeEnsembleClassifier', inputs: [rows], attributes: classifierStump([0, 1]), outputs: 2 },
  { op: 'TreeEnsembleClassifier', inputs: [rows], attributes: classifierStump([0, 1, 2]), outputs: 2 },
  {
    op: 'TreeEnsembleRegressor',
    inputs: [rows],
    attributes: {
      ...stump,
      n_targets: 2,
      target_treeids: [0, 0],
      target_nodeids: [1, 2],
      target_ids: [0, 1],
      target_weights: floats(1, 2),
    },
  },
];

export const classical: Case[] = ML.map(({ op, ...rest }) => ({ ...rest, op: `ai.onnx.ml.${op}` }));

const image = fed([2, 3, 9, 7]);

/** Those of the first operator set that ONNX Runtime still runs, and operators of texts and losses. */
export const experimental: Case[] = [
  { op: 'Crop', inputs: [image], attributes: { border: [1, 2, 3, 1] }, opset: 1 },
  { op: 'Crop', inputs: [image], attributes: { border: [1, 2, 0, 0], scale: [5, 4] }, opset: 1 },
  {
    op: 'ImageScaler',
    inputs: [image],
    attributes: { bias: floats(1, 2, 3), scale: 0.5 },
    opset: 1,
  },
  { op: 'Affine', inputs: [image], attributes: { alpha: 2, beta: 1 }, opset: 1 },
  { op: 'ParametricSoftplus', inputs: [image], attributes: { alpha: 2, beta: 1 }, opset: 1 },
  { op: 'ScaledTanh', inputs: [image], attributes: { alpha: 2, beta: 1 }, opset: 1 },
  { op: 'ThresholdedRelu', inputs: [image], attributes: { alpha: 2 }, opset: 1 },
  { op: 'MeanVarianceNormalization', inputs: [image], opset: 1 },
  {
    op: 'DynamicSlice',
    inputs: [image, stored([1, -6]), stored([3, 8]), stored([1, 2])],
    opset: 1,
  },
  { op: 'NegativeLogLikelihoodLoss', inputs: [fed([4, 3]), fed([4], 'int64')] },
  {
    op: 'NegativeLogLikelihoodLoss',
    inputs: [fed([4, 3, 2]), fed([4, 2], 'int64')],
    attributes: { reduction: 'none' },
  },
  { op: 'SoftmaxCrossEntropyLoss', inputs: [fed([4, 3]), fed([4], 'int64')], outputs: 2 },
  {
    op: 'TfIdfVectorizer',
    inputs: [fed([2, 6], 'int64')],
    attributes: {
      mode: 'TF',
      min_gram_length: 1,
      max_gram_length: 2,
      max_skip_count: 0,
      ngram_counts: [0, 2],
      ngram_indexes: [0, 1, 2],
      pool_int64s: [0, 1, 0, 1],
    },
  },
  { op: 'CumSum', inputs: [image, scalar(1)] },
];
