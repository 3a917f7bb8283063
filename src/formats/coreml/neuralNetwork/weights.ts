import type { DescMessage, Message } from '@bufbuild/protobuf';
import { BITS, type DataType, elementCount } from '../../../model/dataType';
import type { Tensor } from '../../../model/model';
import { about, type NodeId, type ProblemPlace } from '../../../model/nodeId';
import { sizeOf } from '../../pieces';
import { type NeuralNetworkLayer, NeuralNetworkLayerSchema, type WeightParams } from '../coreml_pb';
import { indexType } from '../dataTypes';
import { lookedUp, type Scales, shiftedAndScaled } from '../decompress';
import type { GraphContext } from '../graph';
import { locationOf, piecesOf, readStored, type Stored, storedProblem } from '../stored';
import { weightShape } from './weightShapes';

const WEIGHTS = 'caliper.coreml.WeightParams';
/** Networks inside a layer are graphs of their own. */
const NETWORK = 'caliper.coreml.NeuralNetwork';

/** The weights of a layer as tensors, named after the layer and the field that holds them. */
export function layerWeights(
  layer: NeuralNetworkLayer,
  name: string,
  id: NodeId,
  context: GraphContext,
): Tensor[] {
  const tensors: Tensor[] = [];
  for (const { path, params } of weightParams(layer)) {
    const tensor = toTensor(`${name}.${path}`, layer, path, params, about({ name, id }), context);
    if (tensor) tensors.push(tensor);
  }
  return tensors;
}

/** The fields of a layer that hold weights, by their path; not those of networks inside it. */
export function weightParams({ layer: kind }: NeuralNetworkLayer): { path: string; params: WeightParams }[] {
  const field = NeuralNetworkLayerSchema.fields.find((one) => one.localName === kind.case);
  return kind.case === undefined || !field?.message ? [] : [...weightsIn(kind.value, field.message, '')];
}

function* weightsIn(
  message: Message,
  schema: DescMessage,
  prefix: string,
): Generator<{ path: string; params: WeightParams }> {
  const values = message as unknown as Readonly<Record<string, unknown>>;
  for (const field of schema.fields) {
    if (!field.message || field.message.typeName === NETWORK) continue;
    const group = field.oneof ? (values[field.oneof.localName] as Chosen) : null;
    const value = group
      ? group.case === field.localName
        ? group.value
        : undefined
      : values[field.localName];
    const list = field.fieldKind === 'list' ? (value as readonly Message[]) : null;
    const each = list ?? (value === undefined ? [] : [value as Message]);
    for (const [index, one] of each.entries()) {
      const path = `${prefix}${field.localName}${list && list.length > 1 ? `[${index}]` : ''}`;
      if (field.message.typeName === WEIGHTS) yield { path, params: one as WeightParams };
      else yield* weightsIn(one, field.message, `${path}.`);
    }
  }
}

interface Chosen {
  readonly case: string | undefined;
  readonly value: unknown;
}

function toTensor(
  name: string,
  layer: NeuralNetworkLayer,
  path: string,
  params: WeightParams,
  place: ProblemPlace,
  context: GraphContext,
): Tensor | null {
  const declared = weightShape(layer, path);
  const found = fieldOf(params);
  const bytes = sizeOf(found.pieces);
  if (bytes === 0) return null;
  const { quantization } = params;
  const type = found.type ?? indexType(Number(quantization?.numberOfBits || 8));
  if (type === null) {
    context.report({
      message: `The weights '${name}' are quantized to ${quantization?.numberOfBits} bits, which is not possible.`,
      ...place,
    });
    return null;
  }
  const fit = Math.floor((bytes * 8) / (BITS[type] ?? 8));
  const count = elementCount(declared) || fit;
  const stored: Stored = { type, count, packing: 'high bits first', pieces: found.pieces };
  const problem = storedProblem(stored);
  if (problem) context.report({ message: `The weights '${name}': their field ${problem}.`, ...place });
  const table = quantization?.quantizationType;
  // The table of a palettized weight holds its values; scales and biases of a linear one are not weights.
  const tableBytes = table?.case === 'lookupTableQuantization' ? table.value.floatValue.length * 4 : 0;
  const tensor: Tensor = {
    name,
    type,
    shape: declared && elementCount(declared) === count ? [...declared] : [count],
    bytes: bytes + tableBytes,
    storedElements: count,
    sparse: false,
    location: locationOf(stored),
  };
  context.stored.set(tensor, stored);
  const scales = table && scalesOf(tensor, layer, table);
  if (table?.case === 'lookupTableQuantization') {
    const entries = Float32Array.from(table.value.floatValue);
    const tables = { entries, count: entries.length, blocks: shapeOfOne(tensor), vector: 1, axis: 0 };
    context.decompress.set(tensor, () => lookedUp(readStored(stored, count), tensor.shape, tables));
  } else if (scales) {
    // Core ML has float32 weights there.
    context.decompress.set(tensor, () =>
      Float32Array.from(shiftedAndScaled(readStored(stored, count), tensor.shape, scales)),
    );
  }
  return tensor;
}

function shapeOfOne({ shape }: Tensor): number[] {
  return shape.map(() => 1);
}

type Quantization = NonNullable<NonNullable<WeightParams['quantization']>['quantizationType']>;

/**
 * A linear quantization's scales and biases are one for all or one for each output channel, which is the first
 * dimension of a weight, and the second of a deconvolution's: stored · scale + bias.
 */
function scalesOf(
  tensor: Tensor,
  { layer }: NeuralNetworkLayer,
  { case: kind, value }: Quantization,
): Scales | null {
  if (kind !== 'linearQuantization' || value.scale.length === 0) return null;
  const { scale, bias } = value;
  if (bias.length > 1 && bias.length !== scale.length) return null;
  const transposed = layer.case === 'convolution' && layer.value.isDeconvolution;
  const axis = scale.length > 1 && transposed ? 1 : 0;
  const blocks = tensor.shape.map((_, index) => (index === axis ? scale.length : 1));
  const offsets = scale.map((one, index) => {
    const shift = bias[bias.length === 1 ? 0 : index] ?? 0;
    return shift === 0 ? 0 : -shift / one;
  });
  return { scales: Float64Array.from(scale), offsets: Float64Array.from(offsets), blocks };
}

/** The field that holds the elements; its type is null where the quantization says how wide they are. */
export function fieldOf(params: WeightParams): { type: DataType | null; pieces: Stored['pieces'] } {
  const { payload, floatValue, float16Value, rawValue, int8RawValue } = params;
  const holds = (field: number, inline: readonly Uint8Array[]) =>
    piecesOf(
      payload.filter((one) => one.field === field),
      inline,
    );
  const fields: [DataType | null, Stored['pieces']][] = [
    ['float32', holds(1, floatValue)],
    ['float16', holds(2, [float16Value])],
    [null, holds(30, [rawValue])],
    ['int8', holds(31, [int8RawValue])],
  ];
  const [type, pieces] = fields.find(([, one]) => sizeOf(one) > 0) ?? [null, []];
  return { type, pieces };
}
