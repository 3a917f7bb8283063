import type { Attribute, Graph, Model, Node, Property, Signature, Tensor } from '../model/model';
import type {
  AttributeValue,
  Entry,
  Scalar,
  TextAttribute,
  TextFunction,
  TextGraph,
  TextNode,
} from '../onnxtxt/syntax';
import type { TensorElements } from './format';
import { constantText, valueInfoText } from './textValues';

/** What is the same in the texts of all formats but ONNX, whose own syntax it is. */
export interface TextSource {
  readTensor(tensor: Tensor, limit: number): TensorElements;
  /** How a node's text refers to a graph that it calls: written inside the node, or as a function of that name. */
  bodyName(graph: Graph): string | null;
}

/** What a model says of itself, as the entries of a text's header. */
export function headerText({ format, properties, metadata, signatures = [] }: Model): Entry[] {
  const pairs = (key: string, list: readonly Property[]): Entry[] =>
    list.length === 0 ? [] : [{ key, value: list.map(({ name, value }) => [name, value] as const) }];
  return [
    { key: 'format', value: format },
    ...pairs('properties', properties),
    ...pairs('signatures', signatures.map(signatureText)),
    ...pairs('metadata_props', metadata),
  ];
}

/** `serving_default` is `main (image = x) => (scores = y)`. */
function signatureText({ name, graph, inputs, outputs }: Signature): Property {
  const list = (maps: Signature['inputs']) => maps.map((map) => `${map.name} = ${map.tensor}`).join(', ');
  return { name, value: `${graph} (${list(inputs)}) => (${list(outputs)})` };
}

/** A graph as a text has it; elements are read while it is iterated. */
export function graphText(graph: Graph, source: TextSource, name = graph.name): TextGraph {
  return {
    name,
    graph,
    inputs: graph.inputs.map(valueInfoText),
    outputs: graph.outputs.map(valueInfoText),
    values: {
      *[Symbol.iterator]() {
        for (const tensor of graph.constants.values()) {
          yield constantText(tensor, (one, limit) => source.readTensor(one, limit));
        }
        const listed = new Set([...graph.inputs, ...graph.outputs].map((one) => one.name));
        for (const info of graph.valueInfo.values()) {
          if (!listed.has(info.name) && !graph.constants.has(info.name)) yield valueInfoText(info);
        }
      },
    },
    nodes: {
      *[Symbol.iterator]() {
        for (const node of graph.nodes) yield nodeText(node, source);
      },
    },
  };
}

/** A graph that others call; what operators call is of the graph's own names only, as with functions. */
export function functionText(graph: Graph, source: TextSource, name: string): TextFunction {
  return { ...graphText(graph, source, name), header: [], attributes: [] };
}

function nodeText(node: Node, source: TextSource): TextNode {
  const { op, inputs, outputs, attributes, bodies } = node;
  // A node without a name of its own is named after its first output.
  const name = node.name === outputs.find((output) => output !== '') ? null : node.name;
  return {
    name,
    domain: '',
    op,
    overload: '',
    inputs,
    outputs,
    attributes: [
      ...attributes.map(attributeText),
      ...bodies.map(({ role, graph }): TextAttribute => {
        const called = source.bodyName(graph);
        const value: AttributeValue =
          called === null
            ? { kind: 'graph', graph: graphText(graph, source) }
            : { kind: 'reference', name: called };
        return { name: role, kind: 'graph', value };
      }),
    ],
  };
}

/** Without a type: these formats do not tell a whole number from a floating-point one here. */
function attributeText({ name, value }: Attribute): TextAttribute {
  if (typeof value !== 'object') return { name, kind: null, value: scalar(value) };
  return { name, kind: null, value: { kind: 'list', items: value.map(scalar), complete: true } };
}

function scalar(value: number | string): AttributeValue {
  const whole: Scalar = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  return { kind: 'scalar', value: whole };
}
