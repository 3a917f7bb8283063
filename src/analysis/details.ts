import type { Attribute } from '../model/model';
import type { LayerDetails } from '../protocol/page';
import type { Analysis } from './inspect';
import { describeTensor } from './layers';
import { type EnteredGraph, find, type Row } from './rows';
import { tensorBytes } from './tensorBytes';

/**
 * Numbers of an attribute that are shown; axes and pads have a few, a table kept in an attribute thousands
 * (CWE-770).
 */
const MAX_ATTRIBUTE_ITEMS = 64;

/** What is known of one layer, for the row that is selected. Throws RangeError when there is no such row. */
export function layerDetails(analysis: Analysis, index: number): LayerDetails {
  const row = analysis.nodes[index];
  if (row === undefined) throw new RangeError(`There is no layer ${index}.`);
  const links = linksOf(analysis);
  const { node } = row.entry;
  return {
    row: index,
    name: node.name,
    op: node.op,
    description: node.description ? node.description : null,
    attributes: node.attributes.map(({ name, value }) => ({ name, value: attributeText(value) })),
    inputs: named(node.inputs).map((name) => {
      const found = find(name, row.graph);
      return {
        ...describeTensor(name, found?.tensor),
        producer: (found && links.get(found.graph)?.producers.get(name)) ?? null,
        constant: found?.tensor.constant ?? false,
      };
    }),
    outputs: named(node.outputs).map((name) => {
      const tensor = row.graph.inferred.tensors.get(name);
      return {
        ...describeTensor(name, tensor),
        bytes: tensorBytes(tensor),
        consumers: links.get(row.graph)?.consumers.get(name) ?? [],
      };
    }),
    weights: (row.graph.parameters.get(row.position) ?? []).map(({ tensor, users }) => ({
      name: tensor.name,
      type: tensor.type,
      shape: [...tensor.shape],
      bytes: tensor.bytes,
      elements: tensor.storedElements,
      shared: users.length > 1,
    })),
    problems: analysis.report.problems.filter(({ nodeId }) => nodeId === node.id || nodeId === row.id),
  };
}

function named(names: readonly string[]): readonly string[] {
  return names.filter((name) => name !== '');
}

/** An attribute's value for people; long lists are cut. */
export function attributeText(value: Attribute['value']): string {
  if (typeof value !== 'object') return String(value);
  const shown = value.slice(0, MAX_ATTRIBUTE_ITEMS).join(', ');
  return value.length > MAX_ATTRIBUTE_ITEMS ? `[${shown}, … ${value.length} in all]` : `[${shown}]`;
}

interface Links {
  /** By tensor of the graph: the row that gives it, and those that use it, in bodies as well. */
  readonly producers: Map<string, number>;
  readonly consumers: Map<string, number[]>;
}

const cache = new WeakMap<Analysis, ReadonlyMap<EnteredGraph, Links>>();

/** Finds who gives and who uses each tensor, so that the first layer that is looked at need not wait for it. */
export function linkLayers(analysis: Analysis): void {
  linksOf(analysis);
}

/** Who gives and who uses each tensor; found once, when the first layer is looked at. */
export function linksOf(analysis: Analysis): ReadonlyMap<EnteredGraph, Links> {
  let links = cache.get(analysis);
  if (links === undefined) {
    links = link(analysis.nodes);
    cache.set(analysis, links);
  }
  return links;
}

function link(rows: readonly Row[]): ReadonlyMap<EnteredGraph, Links> {
  const links = new Map<EnteredGraph, Links>();
  for (const { graph } of rows) {
    if (!links.has(graph)) links.set(graph, { producers: new Map(), consumers: new Map() });
  }
  for (const { entry, graph, index } of rows) {
    for (const name of named(entry.node.outputs)) links.get(graph)?.producers.set(name, index);
    for (const name of new Set(named(entry.node.inputs))) {
      const found = find(name, graph);
      if (found === null) continue;
      const { consumers } = links.get(found.graph) ?? {};
      const users = consumers?.get(name);
      if (users) users.push(index);
      else consumers?.set(name, [index]);
    }
  }
  return links;
}
