import type { Graph } from '../../../model/model';
import type {
  Entry,
  Pair,
  TextAttribute,
  TextFunction,
  TextGraph,
  TextModel,
  TextNode,
} from '../../../onnxtxt/syntax';
import type {
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  StringStringEntryProto,
} from '../onnx_pb';
import type { OnnxBody, OnnxGraph } from '../reading/graph';
import { attributeText } from './attributes';
import { initializerText, sparseInitializerText, valueText } from './tensors';

/** A model in ONNX's own syntax: what the file says, in its order. */
export function textOf({ proto, graph }: { proto: ModelProto; graph: OnnxGraph }): TextModel {
  const called = new Map<FunctionProto, OnnxGraph>();
  return {
    header: modelHeader(proto),
    graph: graphText(graph.proto as GraphProto, graph, called),
    functions: proto.functions.map((one) => functionText(one, called)),
  };
}

function modelHeader(proto: ModelProto): Entry[] {
  const words: [string, string][] = [
    ['producer_name', proto.producerName],
    ['producer_version', proto.producerVersion],
    ['domain', proto.domain],
  ];
  return [
    { key: 'ir_version', value: proto.irVersion },
    { key: 'opset_import', value: opsets(proto.opsetImport) },
    ...stated(words),
    ...(proto.modelVersion === 0n ? [] : [{ key: 'model_version', value: proto.modelVersion }]),
    ...stated([['doc_string', proto.docString]]),
    ...metadata(proto.metadataProps),
  ];
}

function stated(words: readonly (readonly [string, string])[]): Entry[] {
  return words.filter(([, value]) => value !== '').map(([key, value]) => ({ key, value }));
}

function opsets(imports: readonly OperatorSetIdProto[]): Pair[] {
  return imports.map(({ domain, version }) => [domain, version]);
}

function metadata(entries: readonly StringStringEntryProto[]): Entry[] {
  if (entries.length === 0) return [];
  return [{ key: 'metadata_props', value: entries.map(({ key, value }) => [key, value] as const) }];
}

/** Graphs of the functions that are called, by what defines them; filled while their callers are written. */
type Called = Map<FunctionProto, OnnxGraph>;

function graphText(proto: GraphProto, graph: OnnxGraph | null, called: Called): TextGraph {
  const initializers = new Map(proto.initializer.map((one) => [one.name, one]));
  const inputs = new Set(proto.input.map(({ name }) => name));
  return {
    name: proto.name,
    ...(graph && { graph: graph as Graph }),
    // Before IR version 4 every initializer is an input too; later, those that a caller may replace.
    inputs: proto.input.map((input) => {
      const initializer = initializers.get(input.name);
      return initializer ? initializerText(initializer) : valueText(input);
    }),
    outputs: proto.output.map(valueText),
    values: {
      *[Symbol.iterator]() {
        for (const one of proto.initializer) if (!inputs.has(one.name)) yield initializerText(one);
        for (const one of proto.sparseInitializer) yield sparseInitializerText(one);
        for (const one of proto.valueInfo) yield valueText(one);
      },
    },
    nodes: nodesText(proto.node, graph, called),
  };
}

function functionText(proto: FunctionProto, called: Called): TextFunction {
  const untyped = (name: string) => ({ name, type: null });
  const words: [string, string][] = [
    ['domain', proto.domain],
    ['overload', proto.overload],
    ['doc_string', proto.docString],
  ];
  return {
    name: proto.name,
    // Known once the nodes that call it were written, which is before it is.
    get graph() {
      return called.get(proto) as Graph;
    },
    header: [...stated(words), { key: 'opset_import', value: opsets(proto.opsetImport) }],
    attributes: [...proto.attribute, ...proto.attributeProto.map((one) => attributeText(one, noBody))],
    inputs: proto.input.map(untyped),
    outputs: proto.output.map(untyped),
    values: proto.valueInfo.map(valueText),
    nodes: {
      *[Symbol.iterator]() {
        yield* nodesText(proto.node, called.get(proto) ?? null, called);
      },
    },
  };
}

function nodesText(
  protos: readonly NodeProto[],
  graph: OnnxGraph | null,
  called: Called,
): Iterable<TextNode> {
  return {
    *[Symbol.iterator]() {
      for (const [index, proto] of protos.entries()) {
        yield nodeText(proto, graph?.nodes[index]?.bodies ?? [], called);
      }
    },
  };
}

function nodeText(proto: NodeProto, bodies: readonly OnnxBody[], called: Called): TextNode {
  const inside = new Map<GraphProto, OnnxGraph>();
  for (const { graph } of bodies) {
    if (graph.proto.$typeName === 'caliper.onnx.FunctionProto') called.set(graph.proto, graph);
    else inside.set(graph.proto, graph);
  }
  return {
    name: proto.name === '' ? null : proto.name,
    domain: proto.domain,
    op: proto.opType,
    overload: proto.overload,
    inputs: proto.input,
    outputs: proto.output,
    attributes: proto.attribute.map(
      (one): TextAttribute => attributeText(one, (body) => graphText(body, inside.get(body) ?? null, called)),
    ),
  };
}

function noBody(body: GraphProto): TextGraph {
  return graphText(body, null, new Map());
}
