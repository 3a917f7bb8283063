import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import type { Attribute } from '../../../model/model';
import {
  type ActivationParams,
  ActivationParamsSchema,
  type BorderAmounts,
  BorderAmountsSchema,
  type CustomLayerParams_Parameter,
  CustomLayerParams_ParameterSchema,
  LSTMWeightParamsSchema,
  type NeuralNetworkLayer,
  NeuralNetworkLayerSchema,
  NeuralNetworkSchema,
  WeightParamsSchema,
} from '../coreml_pb';

/** Weights are tensors, and networks inside a layer graphs. */
const NO_SETTINGS: ReadonlySet<string> = new Set(
  [WeightParamsSchema, LSTMWeightParamsSchema, NeuralNetworkSchema].map(({ typeName }) => typeName),
);

/** What a layer says of how it works, those of messages inside it too; enumerations by their names. */
export function settingsOf({ layer }: NeuralNetworkLayer): Attribute[] {
  const field = NeuralNetworkLayerSchema.fields.find(({ localName }) => localName === layer.case);
  return layer.value !== undefined && field?.message ? [...settings(layer.value, field.message)] : [];
}

function* settings(message: Message, schema: DescMessage): Generator<Attribute> {
  const values = message as unknown as Readonly<Record<string, unknown>>;
  for (const field of schema.fields) {
    if (!field.oneof) {
      yield* setting(field, values[field.localName]);
      continue;
    }
    // Which of several kinds of setting was chosen, and what that one says.
    const chosen = values[field.oneof.localName] as { case?: string; value?: unknown };
    if (chosen.case !== field.localName) continue;
    yield { name: field.oneof.name, value: field.name };
    yield* setting(field, chosen.value);
  }
}

function* setting(field: DescField, value: unknown): Generator<Attribute> {
  const { name, message, enum: names } = field;
  if (value === undefined || (message && NO_SETTINGS.has(message.typeName))) return;
  if (Array.isArray(value)) {
    if (message?.typeName === ActivationParamsSchema.typeName) {
      yield {
        name,
        value: (value as ActivationParams[]).map(({ nonlinearity }) => nonlinearity.case ?? '?'),
      };
    } else if (message?.typeName === CustomLayerParams_ParameterSchema.typeName) {
      for (const one of value as CustomLayerParams_Parameter[]) yield customParameter(one);
    } else if (value.length > 0 && typeof value[0] !== 'object') {
      yield { name, value: value.map(Number) };
    }
  } else if (message?.typeName === BorderAmountsSchema.typeName) {
    const { borderAmounts } = value as BorderAmounts;
    const amounts = borderAmounts.flatMap(({ startEdgeSize, endEdgeSize }) => [startEdgeSize, endEdgeSize]);
    if (amounts.length > 0) yield { name, value: amounts.map(Number) };
  } else if (message) {
    yield* settings(value as Message, message);
  } else if (names) {
    yield { name, value: names.value[value as number]?.name ?? Number(value) };
  } else if (typeof value === 'boolean') {
    yield { name, value: String(value) };
  } else if (typeof value === 'bigint' || typeof value === 'number') {
    yield { name, value: Number(value) };
  } else if (typeof value === 'string' && value !== '') {
    yield { name, value };
  }
}

function customParameter({ key, value }: CustomLayerParams_Parameter): Attribute {
  const stated = value?.value.value;
  if (typeof stated === 'boolean') return { name: key, value: String(stated) };
  return { name: key, value: typeof stated === 'string' ? stated : Number(stated ?? Number.NaN) };
}
