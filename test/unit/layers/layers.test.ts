import { describe, expect, it } from 'vitest';
import { KERAS, KERAS_ALIASES } from '../../../src/python/layers/keras';
import { TORCH } from '../../../src/python/layers/torch';
import type { LayerInstance } from '../../../src/python/sourceFile';
import { analyze } from '../source';
import { KERAS_LAYERS } from './kerasLayers';
import { TORCH_LAYERS } from './torchLayers';

/** The layer that the call at the start of a line's right side makes. */
async function layerOf(text: string, layer: string): Promise<LayerInstance> {
  const { calls } = await analyze(text);
  const instance = calls.findLast((call) => call.layer === layer)?.instances[0];
  if (!instance) throw new Error(`No ${layer} was found in:\n${text}`);
  return instance;
}

function product(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((all, size) => all * (size ?? Number.NaN), 1);
}

/** A formula's or a symbolic size's value: `3·3·32·64 + 64`, `⌊(H − 2)/2⌋`. */
function evaluated(text: string, values: Record<string, number>): number {
  const code = text
    .replace(/[A-Za-z]\w*/g, (name) => String(values[name]))
    .replace(/⌊/g, 'Math.floor(')
    .replace(/⌈/g, 'Math.ceil(')
    .replace(/[⌋⌉]/g, ')')
    .replace(/·/g, '*')
    .replace(/−/g, '-');
  return Number(new Function(`return ${code}`)());
}

/** Layers of which no shape of the output is said: of any shape, or not worked out yet. Of all others it must be. */
const WITHOUT_OUTPUT: ReadonlySet<string> = new Set([
  'nn.LocalResponseNorm(2)',
  'nn.PReLU()',
  'nn.PReLU(32)',
  "layers.EinsumDense('...x,xy->...y', output_shape=64, bias_axes='y')",
  'layers.TimeDistributed(layers.Dense(8))',
  'layers.TimeDistributed(layers.Conv2D(4, 3))',
  'layers.ConvLSTM1D(8, 3)',
  "layers.ConvLSTM2D(16, 3, padding='same')",
  'layers.MultiHeadAttention(2, 16, value_dim=8, use_bias=False, output_shape=24)',
  'layers.Attention(use_scale=True)',
  "layers.Attention(score_mode='concat')",
  'layers.AdditiveAttention()',
]);

describe('layers of PyTorch', () => {
  it('are enough', () => {
    expect(
      new Set(TORCH_LAYERS.map(({ source }) => /\w+\.(\w+)/.exec(source)?.[1])).size,
    ).toBeGreaterThanOrEqual(45);
    expect(TORCH.size).toBeGreaterThan(100);
  });

  it.each(TORCH_LAYERS)('$source', async ({ source, parameters, buffers, input, output, state }) => {
    const layer = /^nn\.(\w+)/.exec(source)?.[1] ?? '';
    const found = await layerOf(`import torch.nn as nn\nlayer = ${source}\n`, layer);
    expect(found.parameters).toBe(parameters);
    expect(found.buffers).toBe(buffers);
    expect(found.unknown).toEqual([]);
    if (parameters > 0) expect(evaluated(found.formula ?? '', {})).toBe(parameters);
    const weights = Object.fromEntries(found.weights?.map(({ role, shape }) => [role, shape]) ?? []);
    if (Object.keys(state).length > 0) expect(weights).toEqual(state);
    expect(found.weights?.reduce((sum, { shape }) => sum + product(shape), 0)).toBe(parameters + buffers);
    if (!input || !output) return;
    expect(found.output === null, 'no output').toBe(WITHOUT_OUTPUT.has(source));
    if (found.output === null) return;
    const axes = [[], ['L'], ['H', 'W'], ['D', 'H', 'W']][input.length - 2] ?? [];
    const sizes: Record<string, number> = { N: input[0] ?? 0, C: input[1] ?? 0 };
    for (const [axis, name] of axes.entries()) sizes[name] = input[axis + 2] ?? 0;
    const known = found.output.filter((size) => size !== '…');
    const values = known.map((size) => (typeof size === 'number' ? size : evaluated(size, sizes)));
    const rest = found.output.indexOf('…');
    if (rest < 0) expect(values).toEqual(output);
    else if (rest === 0) expect(values).toEqual(values.length > 0 ? output.slice(-values.length) : []);
    else expect(values).toEqual(output.slice(0, values.length));
  });
});

describe('layers of Keras', () => {
  it('are enough', () => {
    expect(
      new Set(KERAS_LAYERS.map(({ source }) => /\w+\.(\w+)/.exec(source)?.[1])).size,
    ).toBeGreaterThanOrEqual(35);
    expect(KERAS.size + KERAS_ALIASES.size).toBeGreaterThan(80);
  });

  it.each(KERAS_LAYERS)(
    '$source',
    async ({ source, inputs, parameters, buffers, output, weights, listed }) => {
      const name = /^layers\.(\w+)/.exec(source)?.[1] ?? '';
      const layer = KERAS_ALIASES.get(name) ?? name;
      const makeInputs = inputs.map((shape, at) => `i${at} = keras.Input((${shape.join(', ')},))\n`).join('');
      const names = inputs.map((_, at) => `i${at}`).join(', ');
      const call = `layer = ${source}\ny = layer(${listed ? `[${names}]` : names})\n`;
      const text = `import keras\nfrom keras import layers\n${makeInputs}${call}model = keras.Model([${names}], y)\n`;
      const { calls, modules } = await analyze(text);
      const [model] = modules;
      expect(model?.name).toBe('model');
      expect(model?.complete).toBe(true);
      expect(model?.parameters).toBe(parameters);
      expect(model?.buffers).toBe(buffers);
      const own = calls.find((one) => one.layer === layer)?.instances[0];
      const shapes = model?.layers
        .flatMap(({ instance }) => instance.weights ?? [])
        .map(({ shape }) => shape);
      const sorted = (all: readonly (readonly (number | null)[])[] | undefined) =>
        all?.map(String).toSorted();
      expect(sorted(shapes)).toEqual(sorted(weights));
      const said = WITHOUT_OUTPUT.has(source)
        ? null
        : output.slice(1).map((size) => size ?? expect.anything());
      expect(own?.output?.slice(1) ?? null).toEqual(said);
    },
  );
});
