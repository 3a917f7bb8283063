import { elementWord, nameText, quoted } from './names';
import { floatText, isSingle } from './numbers';
import type {
  AttributeValue,
  Entry,
  Pair,
  Scalar,
  TextAttribute,
  TextData,
  TextDims,
  TextFunction,
  TextGraph,
  TextModel,
  TextNode,
  TextType,
  TextValue,
} from './syntax';

/** Items of a list that are written; a kernel's shape has a few, a table in an attribute thousands (CWE-770). */
const MAX_ITEMS = 64;

/** Characters of a string that are written; licences and JSON in metadata have many more (CWE-770). */
const MAX_STRING = 1000;

/** Inputs and outputs of a graph stand on one line up to so many characters, else one on each. */
const MAX_SIGNATURE = 100;

const INDENT = '  ';
const ELIDED = '...';

/**
 * A model's text, line by line: one line a node, one a tensor. Deterministic, so that two of them can be compared.
 */
export function* printModel({ header, graph, functions }: TextModel): Generator<string> {
  if (header.length > 0) yield* headerLines(header);
  yield* graphLines('', '', graph);
  for (const one of functions) {
    yield '';
    yield* functionLines(one);
  }
}

function* functionLines(one: TextFunction): Generator<string> {
  if (one.header.length > 0) yield* headerLines(one.header);
  const attributes = one.attributes.map((attribute) =>
    typeof attribute === 'string' ? nameText(attribute) : attributeText(attribute),
  );
  yield* graphLines('', attributes.length > 0 ? `<${attributes.join(', ')}> ` : '', one);
}

function* headerLines(entries: readonly Entry[]): Generator<string> {
  yield '<';
  for (const [index, { key, value }] of entries.entries()) {
    const comma = index === entries.length - 1 ? '' : ',';
    if (typeof value !== 'object') yield `${INDENT}${key}: ${scalarText(value)}${comma}`;
    else if (value.length < 2) yield `${INDENT}${key}: ${pairsText(value)}${comma}`;
    else {
      yield `${INDENT}${key}: [`;
      for (const [at, pair] of value.entries()) {
        yield `${INDENT}${INDENT}${pairText(pair)}${at === value.length - 1 ? '' : ','}`;
      }
      yield `${INDENT}]${comma}`;
    }
  }
  yield '>';
}

/**
 * A graph: what stands before its name is written before its first line, and what lies between name and inputs is
 * `parameters`.
 */
function* graphLines(
  before: string,
  parameters: string,
  graph: TextGraph,
  indent = '',
  behind = '',
): Generator<string> {
  const inputs = graph.inputs.map(valueText);
  const outputs = graph.outputs.map(valueText);
  const name = `${indent}${before}${nameText(graph.name)} ${parameters}`;
  const line = `${name}(${inputs.join(', ')}) => (${outputs.join(', ')})`;
  if (line.length <= MAX_SIGNATURE) yield line;
  else {
    yield `${name}(`;
    yield* listLines(inputs, `${indent}${INDENT}`);
    yield `${indent}) => (`;
    yield* listLines(outputs, `${indent}${INDENT}`);
    yield `${indent})`;
  }
  yield* valueLines(graph.values, indent);
  yield `${indent}{`;
  for (const node of graph.nodes) yield* nodeLines(node, `${indent}${INDENT}`);
  yield `${indent}}${behind}`;
}

/** Each on its line, all but the last with a comma; the list is not taken into memory. */
function* listLines(texts: Iterable<string>, indent: string): Generator<string> {
  let last: string | null = null;
  for (const text of texts) {
    if (last !== null) yield `${indent}${last},`;
    last = text;
  }
  if (last !== null) yield `${indent}${last}`;
}

function* valueLines(values: Iterable<TextValue>, indent: string): Generator<string> {
  let open = false;
  for (const line of listLines(texts(values), `${indent}${INDENT}`)) {
    if (!open) yield `${indent}<`;
    open = true;
    yield line;
  }
  if (open) yield `${indent}>`;
}

function* texts(values: Iterable<TextValue>): Generator<string> {
  for (const value of values) yield valueText(value);
}

function* nodeLines(
  { name, domain, op, overload, inputs, outputs, attributes }: TextNode,
  indent: string,
): Generator<string> {
  const label = name === null ? '' : `[${nameText(name)}] `;
  const given = outputs.map(nameText).join(', ');
  const operator = `${operatorText(domain, op)}${overload === '' ? '' : `:${nameText(overload)}`}`;
  const taken = `(${inputs.map(nameText).join(', ')})`;
  const head = `${indent}${label}${given}${given === '' ? '' : ' '}= ${operator}`;
  if (attributes.length === 0) yield `${head} ${taken}`;
  else if (!attributes.some(hasGraph)) yield `${head} <${attributes.map(attributeText).join(', ')}> ${taken}`;
  else {
    yield `${head} ${taken} <`;
    for (const [index, attribute] of attributes.entries()) {
      const comma = index === attributes.length - 1 ? '' : ',';
      yield* attributeLines(attribute, `${indent}${INDENT}`, comma);
    }
    yield `${indent}>`;
  }
}

function hasGraph({ value }: TextAttribute): boolean {
  if (value.kind === 'list') return value.items.some((item) => item.kind === 'graph');
  return value.kind === 'graph';
}

/** An attribute of a node with graphs inside it, which take lines of their own. */
function* attributeLines(attribute: TextAttribute, indent: string, comma: string): Generator<string> {
  const { value } = attribute;
  if (value.kind === 'graph') {
    yield* graphLines(`${nameText(attribute.name)}: graph = `, '', value.graph, indent, comma);
  } else if (value.kind === 'list' && hasGraph(attribute)) {
    yield `${indent}${nameText(attribute.name)}: graphs = [`;
    for (const [index, item] of value.items.entries()) {
      if (item.kind !== 'graph') continue;
      const end = index === value.items.length - 1 ? '' : ',';
      yield* graphLines('', '', item.graph, `${indent}${INDENT}`, end);
    }
    yield `${indent}]${comma}`;
  } else yield `${indent}${attributeText(attribute)}${comma}`;
}

/** `com.microsoft.Attention`; the parts that are no identifiers in quotes. */
function operatorText(domain: string, op: string): string {
  return [...(domain === '' ? [] : domain.split('.')), op].map(nameText).join('.');
}

function attributeText({ name, kind, value }: TextAttribute): string {
  return `${nameText(name)}${kind === null ? '' : `: ${kind}`} = ${attributeValueText(value)}`;
}

function attributeValueText(value: AttributeValue): string {
  switch (value.kind) {
    case 'scalar':
      return scalarText(value.value);
    case 'tensor':
      return `${typeText(value.type)}${value.name === '' ? '' : ` ${nameText(value.name)}`} ${dataText(value.data, value.type)}`;
    case 'graph':
      // Written by attributeLines.
      return ELIDED;
    case 'type':
      return typeText(value.type);
    case 'reference':
      return `@${nameText(value.name)}`;
    case 'list':
      return listText('[', value.items.map(attributeValueText), value.complete, ']');
    case 'elided':
      return ELIDED;
  }
}

function valueText({ name, type, data }: TextValue): string {
  const typed = `${type === null ? '' : `${typeText(type)} `}${nameText(name)}`;
  return data === undefined ? typed : `${typed} = ${dataText(data, type)}`;
}

export function typeText(type: TextType): string {
  switch (type.kind) {
    case 'tensor':
      return `${elementWord(type.element)}${dimsText(type.dims)}`;
    case 'sparse':
      return `sparse_tensor(${elementWord(type.element)}${dimsText(type.dims)})`;
    case 'quantized':
      return `quantized(${[`${elementWord(type.element)}${dimsText(type.dims)}`, ...type.how.map(attributeText)].join(', ')})`;
    case 'map':
      return `map(${elementWord(type.key)}, ${typeText(type.of)})`;
    case 'opaque':
      return `opaque(${type.name})`;
    default:
      return `${type.kind}(${typeText(type.of)})`;
  }
}

function dimsText(dims: TextDims | null): string {
  if (dims === null) return '[]';
  if (dims.length === 0) return '';
  return `[${dims.map((dim) => (typeof dim === 'string' ? nameText(dim) : (dim ?? '?'))).join(',')}]`;
}

function dataText(data: TextData, type: TextType | null): string {
  if ('external' in data) return pairsText(data.external);
  const single = type === null || !('element' in type) || isSingle(type.element);
  const texts = data.elements.map((element) => scalarText(element, single));
  return listText('{', texts, data.complete, '}');
}

function listText(open: string, items: readonly string[], complete: boolean, close: string): string {
  const whole = complete && items.length <= MAX_ITEMS;
  return `${open}${[...items.slice(0, MAX_ITEMS), ...(whole ? [] : [ELIDED])].join(', ')}${close}`;
}

function pairsText(pairs: readonly Pair[]): string {
  return `[${pairs.map(pairText).join(', ')}]`;
}

function pairText([key, value]: Pair): string {
  return `${scalarText(key)}: ${scalarText(value)}`;
}

function scalarText(value: Scalar, single = true): string {
  if (typeof value === 'number') return floatText(value, single);
  if (typeof value === 'bigint') return String(value);
  return value.length <= MAX_STRING ? quoted(value) : `${quoted(value.slice(0, MAX_STRING))} ${ELIDED}`;
}
