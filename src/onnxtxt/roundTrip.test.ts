import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allModels, plain, textOf } from '../../test/unit/texts';
import { openModel } from '../formats';
import type { Graph } from '../model/model';
import { graphsOf } from './graphs';
import { parseText } from './parser';
import type { TextAttribute, TextGraph, TextModel, TextType } from './syntax';

/** Strings in metadata that the printer cuts. */
const LONG = 1000;

describe('the text of a model', () => {
  it.each(allModels())('%s is read again as it was written', (path) => {
    const file = openModel(path);
    const stated = file.text();
    const text = textOf(stated);
    const { model, places } = parseText(text);
    expect(places.problems).toEqual([]);
    expect(cut(plain(model))).toEqual(cut(plain(stated)));
    expect(textOf(model)).toBe(text);
    file.close();
  });

  // The other side is the format-neutral model, which knows nothing of the syntax.
  it.each(allModels())('%s holds what the opened model has', (path) => {
    const file = openModel(path);
    const { model } = parseText(textOf(file.text()));
    const known = [...graphsOf(file.text())].map(({ graph }) => graph);
    const read = [...graphsOf(model)];
    expect(read.length).toBe(known.length);
    for (const [index, graph] of known.entries()) {
      const text = read[index];
      if (graph && text) compareGraphs(text, graph, basename(path));
    }
    expect(keyed(model, 'metadata_props')).toEqual(
      new Map(file.model.metadata.map(({ name, value }) => [name, value.slice(0, LONG)])),
    );
    file.close();
  });
});

function compareGraphs(text: TextGraph, graph: Graph, where: string): void {
  const nodes = [...text.nodes];
  expect(nodes.length).toBe(graph.nodes.length);
  for (const [index, node] of graph.nodes.entries()) {
    const read = nodes[index];
    expect(read, where).toBeDefined();
    if (!read) continue;
    expect(read.name ?? read.outputs.find((output) => output !== '') ?? read.op).toBe(node.name);
    expect(read.domain === '' || read.domain === 'ai.onnx' ? read.op : `${read.domain}.${read.op}`).toBe(
      node.op,
    );
    expect(read.inputs).toEqual([...node.inputs]);
    expect(read.outputs).toEqual([...node.outputs]);
    const attributes = read.attributes.filter(
      ({ value }) => value.kind !== 'reference' || !isBody(node, value.name),
    );
    expect(
      attributes.map(({ name }) => name).filter((name) => !node.bodies.some(({ role }) => role === name)),
    ).toEqual(
      node.attributes
        .map(({ name }) => name)
        .filter((name) => !node.bodies.some(({ role }) => role === name)),
    );
    for (const { name, value } of node.attributes) compareValues(attributes, name, value);
  }
  const initializers = new Map(
    [...text.inputs, ...text.values].filter(({ data }) => data).map(({ name, type }) => [name, type]),
  );
  const given = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  for (const [name, { type, shape }] of graph.constants) {
    if (given.has(name)) continue;
    expect(typeAndDims(initializers.get(name)), name).toEqual([type, [...shape]]);
  }
  const inputs = text.inputs.filter(({ data }) => data === undefined);
  expect(inputs.map(({ name, type }) => [name, ...typeAndDims(type)])).toEqual(
    graph.inputs.map(({ name, type, declaredShape }) => [name, type, declaredShape && [...declaredShape]]),
  );
  expect(text.outputs.map(({ name, type }) => [name, ...typeAndDims(type)])).toEqual(
    graph.outputs.map(({ name, type, declaredShape }) => [name, type, declaredShape && [...declaredShape]]),
  );
}

function isBody({ bodies }: Graph['nodes'][number], name: string): boolean {
  return bodies.some(({ graph }) => graph.name === name || name.startsWith('subgraph_'));
}

function typeAndDims(
  type: TextType | null | undefined,
): [string | null, readonly (number | string | null)[] | null] {
  if (!type || !('dims' in type)) return [null, null];
  return [type.element === 'undefined' ? null : type.element, type.dims];
}

/** Numbers and words; tensors and graphs are words in the model. */
function compareValues(
  attributes: readonly TextAttribute[],
  name: string,
  value: Graph['nodes'][number]['attributes'][number]['value'],
): void {
  const read = attributes.find((one) => one.name === name)?.value;
  if (read?.kind === 'scalar') {
    expect(typeof value === 'number' ? Math.fround(Number(read.value)) : String(read.value)).toBe(
      typeof value === 'number' ? Math.fround(value) : String(value),
    );
  } else if (read?.kind === 'list' && read.items.every((item) => item.kind === 'scalar')) {
    const items = read.items.map((item) => (item.kind === 'scalar' ? item.value : null));
    const known = (value as readonly (number | string)[]).slice(0, items.length);
    expect(
      items.map((item, index) => (typeof known[index] === 'number' ? Number(item) : String(item))),
    ).toEqual(known);
  }
}

function keyed({ header }: TextModel, key: string): ReadonlyMap<string, string> {
  const value = header.find((entry) => entry.key === key)?.value;
  return new Map(typeof value === 'object' ? value.map(([name, text]) => [name, String(text)] as const) : []);
}

/** With strings as short as the printer makes them, and numbers with the digits that a float32 has. */
function cut(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, LONG);
  if (typeof value === 'number') return Math.fround(value);
  if (Array.isArray(value)) return value.map(cut);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cut(one)]));
}
