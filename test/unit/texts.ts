import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { printModel } from '../../src/onnxtxt/printer';
import type { AttributeValue, TextGraph, TextModel } from '../../src/onnxtxt/syntax';
import { realModels, realTfliteModels } from './support';

const SHARED_COREML = resolve('../shared/models/coreml');

/** Real models of all formats. */
export function allModels(): string[] {
  const coreml = existsSync(SHARED_COREML)
    ? readdirSync(SHARED_COREML).map((name) => join(SHARED_COREML, name))
    : [];
  return [...realModels(), ...realTfliteModels(), ...coreml.sort()];
}

export function textOf(model: TextModel): string {
  return `${[...printModel(model)].join('\n')}\n`;
}

/** A model of a text as plain data, lists taken out of their iterables, without where things stand. */
export function plain({ header, graph, functions }: TextModel): object {
  return {
    header,
    graph: plainGraph(graph),
    functions: functions.map((one) => ({
      header: one.header,
      attributes: one.attributes,
      ...plainGraph(one),
    })),
  };
}

function plainGraph({ name, inputs, outputs, values, nodes }: TextGraph): object {
  return {
    name,
    inputs,
    outputs,
    values: [...values],
    nodes: Array.from(nodes, (node) => ({
      ...node,
      inputs: [...node.inputs],
      outputs: [...node.outputs],
      attributes: node.attributes.map((attribute) => ({ ...attribute, value: plainValue(attribute.value) })),
    })),
  };
}

/** Longer lists and strings are cut by the printer, so that only their beginnings can come back. */
function plainValue(value: AttributeValue): object {
  if (value.kind === 'graph') return plainGraph(value.graph);
  if (value.kind !== 'list') return value;
  return {
    ...value,
    items: value.items.slice(0, 64).map(plainValue),
    complete: value.complete && value.items.length <= 64,
  };
}
