import { isFieldSet } from '@bufbuild/protobuf';
import type { Attribute, Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { about } from '../../model/nodeId';
import { type Piece, sizeOf } from '../pieces';
import { numbersOf } from './classicalNumbers';
import { type Model, ModelSchema } from './coreml_pb';
import type { Features } from './features';
import type { CoreMlGraph, CoreMlNode, GraphContext } from './graph';
import { CLASSICAL_FIELDS } from './scanner';
import { locationOf, type Stored } from './stored';

/** Kinds that change features by what they were told, not by what they learnt. */
const WITHOUT_WEIGHTS: ReadonlySet<string> = new Set([
  ...['oneHotEncoder', 'featureVectorizer', 'dictVectorizer', 'categoricalMapping', 'normalizer'],
  ...['arrayFeatureExtractor', 'nonMaximumSuppression', 'identity'],
]);

/** Kinds that multiply no matrices, whatever they learnt. */
const WITHOUT_MACS: ReadonlySet<string> = new Set([
  ...WITHOUT_WEIGHTS,
  ...['treeEnsembleRegressor', 'treeEnsembleClassifier', 'imputer', 'scaler'],
]);

/**
 * A model that is no network as one described node; null when the file has no field that says what it is.
 *
 * @param given the node in its pipeline; its name is '' where it is a file's only one.
 */
export function classicalGraph(
  proto: Model,
  features: Features,
  context: GraphContext,
  given: Pick<CoreMlNode, 'id' | 'name'>,
): CoreMlGraph | null {
  const found = contentOf(proto);
  if (found === null) return null;
  const { kind, content } = found;
  const { id } = given;
  const name = given.name || kind;
  const inputs = features.inputs.map(({ info }) => info);
  const outputs = features.outputs.map(({ info }) => info);
  const attributes: Attribute[] = [{ name: 'stored bytes', value: content.length }];
  const weights = weightsOf(kind, content, { id, name }, context);
  const node: CoreMlNode = {
    id,
    name,
    op: kind,
    kind: null,
    inputs: [...inputs, ...(weights ?? [])].map((input) => input.name),
    outputs: outputs.map((output) => output.name),
    attributes,
    bodies: [],
    parametersUnknown: weights === null,
    source: { kind: 'model', ...costs(kind, weights) },
  };
  return {
    name: kind,
    nodes: [node],
    inputs,
    outputs,
    valueInfo: new Map(outputs.map((info) => [info.name, info])),
    constants: new Map((weights ?? []).map((tensor) => [tensor.name, tensor])),
    mappedInputs: new Map(),
  };
}

/** The message that says what the model is, in the file or in memory. */
function contentOf(proto: Model): { kind: string; content: Piece } | null {
  const [deferred] = proto.payload;
  const kind = deferred && CLASSICAL_FIELDS.get(deferred.field);
  if (deferred && kind !== undefined) {
    const { path, offset, length } = deferred;
    return { kind, content: { path, offset: Number(offset), length: Number(length) } };
  }
  for (const field of ModelSchema.fields) {
    if (!CLASSICAL_FIELDS.has(field.number) || !isFieldSet(proto, field)) continue;
    const content = (proto as unknown as Readonly<Record<string, unknown>>)[field.localName];
    if (content instanceof Uint8Array) return { kind: field.name, content };
  }
  return null;
}

/** null: the model has learnt something that is not counted. */
function weightsOf(
  kind: string,
  content: Piece,
  node: Pick<CoreMlNode, 'id' | 'name'>,
  context: GraphContext,
): Tensor[] | null {
  if (WITHOUT_WEIGHTS.has(kind)) return [];
  try {
    const numbers = numbersOf(kind, content, context.path);
    return numbers && [...numbers].map(([role, lists]) => toTensor(`${node.name}.${role}`, lists, context));
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    context.report({ ...error.problem, ...about(node) });
    return null;
  }
}

/** Lists of one length are the rows of a matrix. */
function toTensor(name: string, lists: readonly Piece[], context: GraphContext): Tensor {
  const bytes = sizeOf(lists);
  const count = bytes / 8;
  const [first] = lists;
  const regular = lists.every((list) => list.length === first?.length);
  const shape = regular && lists.length > 1 ? [lists.length, count / lists.length] : [count];
  const stored: Stored = { type: 'float64', count, packing: 'raw', pieces: lists };
  const location = locationOf(stored);
  const tensor = { name, type: stored.type, shape, bytes, storedElements: count, sparse: false, location };
  context.stored.set(tensor, stored);
  return tensor;
}

/** A linear model is a matrix product; what kernels and built-in networks multiply is not known. */
function costs(kind: string, weights: readonly Tensor[] | null) {
  if (WITHOUT_MACS.has(kind)) return { macs: 0, elementOps: null };
  const matrix = weights?.find(({ name }) => name.endsWith('.weights'));
  return matrix ? { macs: matrix.storedElements, elementOps: 0 } : { macs: null, elementOps: null };
}
