import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../src/analysis/inspect';
import { openModel } from '../../src/formats';

/** What ONNX and ONNX Runtime say of real models (see ../shared/models/README.md); absent: nothing to compare. */
const folder = path.resolve('../shared/models');
const expectations = path.join(folder, 'expected-onnx.json');

interface Expected {
  nodes: number;
  nodes_with_subgraphs: number;
  initializer_elements: number;
  run_inputs?: Record<string, number[]>;
  tensors?: Record<string, [type: string, shape: number[]]>;
}

const models: [string, Expected][] = existsSync(expectations)
  ? Object.entries(JSON.parse(readFileSync(expectations, 'utf8')) as Record<string, Expected>)
  : [];

describe.skipIf(models.length === 0)('real models', () => {
  it.each(models)('%s', (name, expected) => {
    const choice = { dims: {}, shapes: expected.run_inputs ?? {} };
    const file = openModel(path.join(folder, name));
    const { totals } = inspect(file, choice);
    expect(totals).toMatchObject({
      layers: expected.nodes,
      nodesWithSubgraphs: expected.nodes_with_subgraphs,
      initializerElements: expected.initializer_elements,
    });
    const { tensors } = file.infer(choice).graph;
    const names = Object.keys(expected.tensors ?? {});
    const inferred = names.map((tensor) => [tensor, [tensors.get(tensor)?.type, tensors.get(tensor)?.shape]]);
    expect(Object.fromEntries(inferred)).toEqual(expected.tensors ?? {});
  });

  it('are many', () => expect(models.length).toBeGreaterThan(10));
});
