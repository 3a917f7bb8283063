import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../../src/formats/index';
import { analyze } from '../source';
import { EXPECTED } from './expected';

const MODELS = path.resolve(import.meta.dirname, '../../../models');

describe('networks as they are written', () => {
  it.each(EXPECTED)('$source $name', async ({ source, name, parameters, buffers, layers }) => {
    const { modules } = await analyze(readFileSync(path.join(import.meta.dirname, source), 'utf8'));
    const module = modules.find((one) => one.name === name);
    if (!module) throw new Error(`${name} was not found among ${modules.map((one) => one.name).join('; ')}`);
    const found = module.layers
      .filter(({ call }) => call.layer !== 'Buffer')
      .map(({ call, instance }) => `${instance.path} ${call.layer} ${instance.parameters}`.trim());
    expect(found.toSorted()).toEqual(layers.map((line) => line.trim()).toSorted());
    expect(module).toMatchObject({ complete: true, parameters, buffers });
  });

  it('are the layers of the sample model, by the scopes of its nodes and the sizes of its weights', async () => {
    const { modules } = await analyze(readFileSync(path.join(MODELS, 'shapes_mobilenetv2.train.py'), 'utf8'));
    expect(modules.map(({ name, args }) => `${name}(${args})`)).toEqual(['MobileNetV2(10, 0.35)']);
    const file = openModel(path.join(MODELS, 'shapes_mobilenetv2.onnx'));
    const { graph } = file.model;
    const sizes = new Map(file.parameterTensors(graph).map(({ tensor }) => [tensor.name, tensor.shape]));
    // `/features/features.3/conv/conv.3/Conv`: each scope repeats the path so far as the module's own name.
    const nodes = graph.nodes
      .filter(({ op }) => op === 'Conv' || op === 'Gemm')
      .map(({ name, op, inputs }) => {
        const scopes = name.split('/').slice(1, -1);
        return `${scopes.filter((scope, at) => !scopes[at + 1]?.startsWith(`${scope}.`)).join('.')} ${op} ${sizes.get(inputs[1] ?? '')}`;
      });
    file.close();
    const layers =
      modules[0]?.layers.filter(({ call }) => call.layer === 'Conv2d' || call.layer === 'Linear') ?? [];
    const found = layers.map(({ call, instance }) => {
      const weight = instance.weights?.find(({ role }) => role === 'weight');
      return `${instance.path} ${call.layer === 'Conv2d' ? 'Conv' : 'Gemm'} ${weight?.shape}`;
    });
    expect(found).toHaveLength(53);
    expect(found).toEqual(nodes);
  });
});
