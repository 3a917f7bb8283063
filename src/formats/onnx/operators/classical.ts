import type { DataType, Shape } from '../../../model/dataType';
import { countOf, sequence } from '../../sequence';
import { dimension, product, sum, tensor, type Value } from '../../value';
import {
  attributeOf,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
} from '../attributes';
import { dataTypeOf } from '../dataTypes';
import { type Context, input, named, type Operator, type Operators } from './operator';

/** Rows of [N, C]; a vector is a single row. */
function rowsOf({ shape }: Value): number | null {
  if (shape === null) return null;
  return shape.length < 2 ? 1 : (shape[0] ?? null);
}

function lengthOf(context: Context, ...names: string[]): number {
  return Math.max(...names.map((name) => listLength(context, name)));
}

function listLength({ node }: Context, name: string): number {
  const attribute = attributeOf(node, name);
  if (attribute === undefined) return 0;
  const { floats, ints, strings, t } = attribute;
  return t
    ? Number(t.dims.reduce((a, b) => a * b, 1n))
    : Math.max(floats.length, ints.length, strings.length);
}

function sameShape(type: DataType | null): Operator {
  return { infer: (context) => [tensor(type ?? input(context, 0).type, input(context, 0).shape)] };
}

/** A class for each row, and what speaks for each of the classes. */
function classes(context: Context, count: number | null): readonly Value[] {
  const rows = rowsOf(input(context, 0));
  const texts = CLASS_TEXTS.some((name) => listLength(context, name) > 0);
  return [tensor(texts ? 'string' : 'int64', [rows]), tensor('float32', [rows, count])];
}

const CLASS_TEXTS = ['classlabels_strings'];
const CLASS_LABELS = ['classlabels_strings', 'classlabels_ints', 'classlabels_int64s'];

/** Each row goes through the whole matrix. */
function matrixMacs(context: Context): number | null {
  return product([rowsOf(input(context, 0)), listLength(context, 'coefficients')]);
}

/** Each row meets every support vector, and the results are weighted for each pair of classes. */
function supportVectorMacs(context: Context): number | null {
  const count = sum([listLength(context, 'support_vectors'), listLength(context, 'coefficients')]);
  return product([rowsOf(input(context, 0)), count]);
}

/** Without probabilities there is a score for each class, or for each pair of them. */
function supportVectorClasses(context: Context): readonly Value[] {
  const count = lengthOf(context, ...CLASS_LABELS);
  const linear = listLength(context, 'support_vectors') === 0;
  const probabilities = listLength(context, 'prob_a') > 0;
  const pairs = (count * (count - 1)) / 2;
  return classes(context, linear || probabilities || count === 2 ? count : count > 2 ? pairs : null);
}

/** Keys and values are lists of one type each, or tensors. */
function encodedLabels(context: Context): readonly Value[] {
  const { node } = context;
  const { type, shape } = input(context, 0);
  const stated = tensorAttribute(node, 'values_tensor');
  const result: DataType | null = stated
    ? dataTypeOf(stated.dataType)
    : stringsAttribute(node, 'values_strings')
      ? 'string'
      : intsAttribute(node, 'values_int64s')
        ? 'int64'
        : floatsAttribute(node, 'values_floats')
          ? 'float32'
          : swapped(type);
  return [tensor(result, shape)];
}

/** Texts become numbers and numbers texts. */
function swapped(type: DataType | null): DataType | null {
  return type === 'string' ? 'int64' : type === 'int64' ? 'string' : null;
}

function extracted(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  const count = countOf(input(context, 1));
  if (shape === null) return [tensor(type, null)];
  return [tensor(type, shape.length < 2 ? [1, count] : shape.with(-1, count))];
}

/** A map is a row, in the order of its keys, or of as many columns as it can have. */
function castMap(context: Context): readonly Value[] {
  const to = stringAttribute(context.node, 'cast_to', 'TO_FLOAT');
  const type =
    to === 'TO_FLOAT' ? 'float32' : to === 'TO_INT64' ? 'int64' : to === 'TO_STRING' ? 'string' : null;
  const sparse = stringAttribute(context.node, 'map_form', 'DENSE') === 'SPARSE';
  return [tensor(type, [1, sparse ? intAttribute(context.node, 'max_map', 1) : null])];
}

function joinedFeatures(context: Context): readonly Value[] {
  const stated = intsAttribute(context.node, 'inputdimensions');
  return [tensor('float32', [rowsOf(input(context, 0)), stated ? sum(stated) : null])];
}

/** A sequence of maps, from each class to what speaks for it: they hold as many numbers as the rows that they are of. */
function zipMap(context: Context): readonly Value[] {
  const data = input(context, 0);
  const rows = rowsOf(data);
  return [sequence(rows, tensor(data.type, [dimension(data, -1)]))];
}

function oneHot(context: Context): readonly Value[] {
  const { shape } = input(context, 0);
  return [tensor('float32', shape && [...shape, lengthOf(context, 'cats_strings', 'cats_int64s')])];
}

function targets(count: number | null): (context: Context) => Shape {
  return (context) => [rowsOf(input(context, 0)), count ?? intAttribute(context.node, 'n_targets', 1)];
}

const DOMAIN = 'ai.onnx.ml';

/** Operators of classical models (https://onnx.ai/onnx/operators, domain ai.onnx.ml). Their weights are attributes. */
export const classical: Operators = {
  ...named([`${DOMAIN}.Binarizer`, `${DOMAIN}.Imputer`], sameShape(null)),
  ...named([`${DOMAIN}.Normalizer`, `${DOMAIN}.Scaler`], sameShape('float32')),
  [`${DOMAIN}.ArrayFeatureExtractor`]: { infer: extracted },
  [`${DOMAIN}.CastMap`]: { infer: castMap },
  [`${DOMAIN}.CategoryMapper`]: {
    infer: (context) => [tensor(swapped(input(context, 0).type), input(context, 0).shape)],
  },
  [`${DOMAIN}.DictVectorizer`]: {
    infer: (context) => [tensor(null, [1, lengthOf(context, 'string_vocabulary', 'int64_vocabulary')])],
  },
  [`${DOMAIN}.FeatureVectorizer`]: { infer: joinedFeatures },
  [`${DOMAIN}.LabelEncoder`]: { infer: encodedLabels },
  [`${DOMAIN}.LinearClassifier`]: {
    infer(context) {
      const count = listLength(context, 'intercepts');
      // One row of coefficients tells two classes apart.
      return classes(context, count === 1 && lengthOf(context, ...CLASS_LABELS) === 2 ? 2 : count || null);
    },
    macs: matrixMacs,
  },
  [`${DOMAIN}.LinearRegressor`]: {
    infer: (context) => [
      tensor('float32', [rowsOf(input(context, 0)), intAttribute(context.node, 'targets', 1)]),
    ],
    macs: matrixMacs,
  },
  [`${DOMAIN}.OneHotEncoder`]: { infer: oneHot },
  [`${DOMAIN}.SVMClassifier`]: { infer: supportVectorClasses, macs: supportVectorMacs },
  [`${DOMAIN}.SVMRegressor`]: {
    infer: (context) => [tensor('float32', targets(1)(context))],
    macs: supportVectorMacs,
  },
  [`${DOMAIN}.TreeEnsemble`]: {
    infer: (context) => [tensor(input(context, 0).type, targets(null)(context))],
  },
  [`${DOMAIN}.TreeEnsembleClassifier`]: {
    infer: (context) => classes(context, lengthOf(context, ...CLASS_LABELS) || null),
  },
  [`${DOMAIN}.TreeEnsembleRegressor`]: { infer: (context) => [tensor('float32', targets(null)(context))] },
  [`${DOMAIN}.ZipMap`]: { infer: zipMap, works: 'none' },
};
