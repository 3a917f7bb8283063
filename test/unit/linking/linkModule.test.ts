import { describe, expect, it } from 'vitest';
import { moduleCounts } from '../../../src/python/linking/counts';
import { isAmbiguous, linkModule } from '../../../src/python/linking/linkModule';
import { modulePaths, tensorPaths } from '../../../src/python/linking/names';
import { indexWith, linked, moduleOf } from './support';

/** Weights keep PyTorch's names, nodes have none; as older exporters write it. */
const byWeights = (_: string, weight: string) => ({ paths: [], weightPaths: tensorPaths({}, weight) });
/** Nodes have scopes, weights were renamed. */
const byScopes = (name: string) => ({ paths: modulePaths({}, name, undefined), weightPaths: [] });
const keras = (name: string, weight: string) => ({
  paths: modulePaths({}, name, undefined),
  weightPaths: tensorPaths({}, weight),
});

const conv = (...shape: number[]) => ['Conv2d', 'weight', shape] as const;

function statesOf(module: Parameters<typeof linkModule>[0], index: Parameters<typeof linkModule>[1]) {
  return Object.fromEntries([...linked(module, index).layers].map(([path, { state }]) => [path, state]));
}

describe('names of weights', () => {
  const module = moduleOf({
    'body.0': conv(8, 3, 3, 3),
    'body.1': ['ReLU'],
    head: ['Linear', 'weight', [10, 8], 'bias', [10]],
  });

  it('leads to rows whose weights have the shapes', () => {
    const index = indexWith(
      {
        a: ['Conv', 'body.0.weight', [8, 3, 3, 3]],
        b: ['Relu'],
        c: ['Gemm', 'head.weight', [10, 8], 'head.bias', [10]],
      },
      byWeights,
    );
    expect(statesOf(module, index)).toEqual({ 'body.0': 'linked', 'body.1': 'nameless', head: 'linked' });
  });

  it('finds the module behind a prefix that all its layers share', () => {
    const index = indexWith(
      {
        a: ['Conv', 'net.model.body.0.weight_quantized', [8, 3, 3, 3]],
        b: ['Gemm', 'net.model.head.weight', [10, 8], 'net.model.head.bias', [10]],
        c: ['Gemm', 'other.head.weight', [10, 4]],
      },
      byWeights,
    );
    expect(linked(module, index).prefix).toBe('net.model');
  });

  it('does not link the same path with another shape', () => {
    const index = indexWith(
      { a: ['Conv', 'body.0.weight', [16, 3, 3, 3]], b: ['Gemm', 'head.weight', [20, 8]] },
      byWeights,
    );
    expect(linkModule(module, index)).toBeNull();
  });

  it('says of a single layer that its shape differs', () => {
    const wide = moduleOf({ a: conv(8, 3, 3, 3), b: conv(8, 8, 3, 3), c: conv(8, 8, 1, 1) });
    const index = indexWith(
      {
        x: ['Conv', 'a.weight', [8, 3, 3, 3]],
        y: ['Conv', 'b.weight', [8, 8, 5, 5]],
        z: ['Conv', 'c.weight', [8, 8, 1, 1]],
      },
      byWeights,
    );
    expect(statesOf(wide, index)).toEqual({ a: 'linked', b: 'differs', c: 'linked' });
  });

  it('links none of several places that fit equally well, and names them', () => {
    const block = moduleOf({ conv: conv(8, 8, 3, 3) });
    const index = indexWith(
      { a: ['Conv', 'left.conv.weight', [8, 8, 3, 3]], b: ['Conv', 'right.conv.weight', [8, 8, 3, 3]] },
      byWeights,
    );
    const link = linkModule(block, index);
    expect(link && isAmbiguous(link) && link.places).toEqual(['left', 'right']);
  });

  it('takes the place of several where the shapes are the right ones', () => {
    const block = moduleOf({ conv: conv(8, 8, 3, 3) });
    const index = indexWith(
      { a: ['Conv', 'left.conv.weight', [4, 8, 3, 3]], b: ['Conv', 'right.conv.weight', [8, 8, 3, 3]] },
      byWeights,
    );
    expect(linked(block, index).prefix).toBe('right');
  });

  it('does not find half a network in another one', () => {
    const net = moduleOf({ a: conv(8, 3, 3, 3), b: conv(8, 8, 3, 3) });
    expect(linkModule(net, indexWith({ x: ['Conv', 'a.weight', [8, 3, 3, 3]] }, byWeights))).toBeNull();
  });

  it('does not take the end of a name for a path', () => {
    const net = moduleOf({ conv: conv(8, 3, 3, 3) });
    expect(linkModule(net, indexWith({ x: ['Conv', 'myconv.weight', [8, 3, 3, 3]] }, byWeights))).toBeNull();
  });

  it('needs a shape that is known', () => {
    const net = moduleOf({ conv: ['Conv2d', 'weight', [null, null, null, null]] });
    expect(linkModule(net, indexWith({ x: ['Conv', 'conv.weight', [8, 3, 3, 3]] }, byWeights))).toBeNull();
  });
});

describe('scopes of nodes', () => {
  it('says how often a layer is called, but not where another has that name', () => {
    const net = moduleOf({
      conv: conv(8, 3, 3, 3),
      relu: ['ReLU'],
      pool: ['MaxPool2d'],
      pool_1: ['MaxPool2d'],
    });
    const index = indexWith(
      {
        '/conv/Conv': ['Conv', 'w', [8, 3, 3, 3]],
        '/relu/Relu': ['Relu'],
        '/relu_1/Relu': ['Relu'],
        '/pool/MaxPool': ['MaxPool'],
        '/pool_1/MaxPool': ['MaxPool'],
      },
      (name) => byScopes(name),
    );
    const repeated = {
      ...index,
      rows: index.rows.map((row) => ({ ...row, repeats: row.paths[0]?.replace(/_1$/, '') ?? null })),
    };
    const { layers } = linked(net, repeated);
    const rows = (path: string) => {
      const layer = layers.get(path);
      return layer?.state === 'linked' ? layer.rows.map(({ row }) => row) : [];
    };
    expect([rows('relu'), rows('pool'), rows('pool_1')]).toEqual([[1, 2], [3], [4]]);
  });

  it('finds which of two convolutions a normalization was folded into', () => {
    const norm = [
      'BatchNorm2d',
      'weight',
      [8],
      'bias',
      [8],
      'running_mean',
      [8],
      'running_var',
      [8],
    ] as const;
    const net = moduleOf({ conv1: conv(8, 8, 3, 3), conv2: conv(8, 8, 3, 3), bn1: norm, bn2: norm });
    const index = indexWith(
      {
        '/conv1/Conv': ['Conv', 'a', [8, 8, 3, 3], 'b', [8]],
        '/conv2/Conv': ['Conv', 'c', [8, 8, 3, 3], 'd', [8]],
      },
      byScopes,
    );
    const link = linked(net, index);
    const into = (path: string) => {
      const layer = link.layers.get(path);
      return layer?.state === 'folded' ? layer.into : null;
    };
    expect([into('bn1'), into('bn2')]).toEqual(['conv1', 'conv2']);
    expect(moduleCounts(link)).toMatchObject({
      parameters: 1152 + 32,
      addedBiases: 16,
      model: 1168,
      agree: true,
    });
  });

  it('leaves a normalization alone that has a row', () => {
    const norm = [
      'BatchNorm2d',
      'weight',
      [8],
      'bias',
      [8],
      'running_mean',
      [8],
      'running_var',
      [8],
    ] as const;
    const index = indexWith(
      {
        '/conv/Conv': ['Conv', 'a', [8, 3, 3, 3]],
        '/bn/BatchNormalization': ['BatchNormalization', 's', [8], 'b', [8], 'm', [8], 'v', [8]],
      },
      byScopes,
    );
    const link = linked(moduleOf({ conv: conv(8, 3, 3, 3), bn: norm }), index);
    expect(link.layers.get('bn')?.state).toBe('linked');
    expect(moduleCounts(link)).toMatchObject({ foldedParameters: 0, model: 248, agree: true });
  });

  it('tells a matrix from one that is turned by what the layer gives', () => {
    const net = moduleOf({ fc: ['Linear', 'weight', [10, 20]] });
    const index = indexWith({ '/fc/MatMul': ['MatMul', 'w', [20, 10]] }, byScopes);
    const giving = (size: number) => ({
      ...index,
      rows: index.rows.map((row) => ({ ...row, output: [1, size] })),
    });
    expect(linked(net, giving(10)).confirmed).toBe(1);
    expect(linkModule(net, giving(20))).toBeNull();
  });
});

describe("names of Keras's layers", () => {
  it('finds them in what a converter joined, with TensorFlow Lite order of dimensions', () => {
    const net = moduleOf(
      {
        stem: ['Conv2D', 'kernel', [3, 3, 3, 8]],
        bn: ['BatchNormalization', 'gamma', [8], 'beta', [8], 'moving_mean', [8], 'moving_variance', [8]],
        depthwise: ['DepthwiseConv2D', 'depthwise_kernel', [3, 3, 8, 2], 'bias', [16]],
        dropout: ['Dropout'],
        dense: ['Dense', 'kernel', [16, 10], 'bias', [10]],
      },
      'keras',
    );
    const index = indexWith(
      {
        'model/re_lu/Relu;model/bn/FusedBatchNormV3;model/stem/Conv2D': [
          'CONV_2D',
          'model/stem/Conv2D',
          [8, 3, 3, 3],
          'model/bn/FusedBatchNormV3',
          [8],
        ],
        'model/depthwise/depthwise1': [
          'DEPTHWISE_CONV_2D',
          'model/depthwise/depthwise',
          [1, 3, 3, 16],
          'x',
          [16],
        ],
        'model/dense/MatMul;model/dense/BiasAdd': [
          'FULLY_CONNECTED',
          'arith.constant',
          [10, 16],
          'arith.constant1',
          [10],
        ],
      },
      keras,
    );
    expect(statesOf(net, index)).toEqual({
      stem: 'linked',
      bn: 'folded',
      depthwise: 'linked',
      dropout: 'removed',
      dense: 'linked',
    });
    expect(moduleCounts(linked(net, index))).toMatchObject({ addedBiases: 8, agree: true });
  });

  it('finds names that Keras counted on from another model', () => {
    const net = moduleOf(
      { conv2d: ['Conv2D', 'kernel', [3, 3, 3, 8]], conv2d_1: ['Conv2D', 'kernel', [3, 3, 8, 8]] },
      'keras',
    );
    const index = indexWith(
      {
        'model_3/conv2d_9/Conv2D': ['CONV_2D', 'a', [8, 3, 3, 3]],
        'model_3/conv2d_10/Conv2D': ['CONV_2D', 'b', [8, 3, 3, 8]],
      },
      keras,
    );
    const rows = [...linked(net, index).layers].map(([path, layer]) => [
      path,
      'rows' in layer && layer.rows[0]?.row,
    ]);
    expect(rows).toEqual([
      ['conv2d', 0],
      ['conv2d_1', 1],
    ]);
  });
});
