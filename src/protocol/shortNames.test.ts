import { describe, expect, it } from 'vitest';
import { shortNames } from './shortNames';

/** The same numbers at every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shortened(names: readonly string[]): string[] {
  const { short } = shortNames(names);
  return names.map(short);
}

describe('short names', () => {
  it('keep what differs and leave out what is common', () => {
    const mobilenet = [0, 1, 2].flatMap((block) =>
      [0, 1].flatMap((place) => [
        `/features/features.${block}/conv.${place}/Conv`,
        `/features/features.${block}/conv.${place}/Clip`,
      ]),
    );
    expect(shortened(mobilenet).slice(0, 3)).toEqual([
      'features.0/conv.0/Conv',
      'features.0/conv.0/Clip',
      'features.0/conv.1/Conv',
    ]);
  });

  it('part names by underscores where nothing else does, and keep two letters with what they begin', () => {
    const coreml = [1, 2].flatMap((number) => [
      `StatefulPartitionedCall_model_1_re_lu_${number}_Relu`,
      `StatefulPartitionedCall_model_1_conv2d_${number}_BiasAdd`,
    ]);
    expect(shortened(coreml)).toEqual([
      're_lu_1_Relu',
      'conv2d_1_BiasAdd',
      're_lu_2_Relu',
      'conv2d_2_BiasAdd',
    ]);
    expect(shortened(['MatMul_1', 'MatMul_2', 'Add_3'])).toEqual(['MatMul_1', 'MatMul_2', 'Add_3']);
  });

  it('read the last of the names that TensorFlow Lite joins, where it is of one layer alone', () => {
    const fused = [1, 2].map(
      (number) => `model/activation_${number}/Relu;model/conv2d_9/Conv2D;model/conv2d_${number}/Conv2D1`,
    );
    expect(shortened([...fused, 'model/pool/AvgPool'])).toEqual([
      'conv2d_1/Conv2D1',
      'conv2d_2/Conv2D1',
      'pool/AvgPool',
    ]);
    const { parts } = shortNames(fused);
    expect(
      parts(fused[0] ?? '')
        .map(({ text }) => text)
        .join(''),
    ).toBe(fused[0]);
    const shared = ['a/Relu;model/conv/Conv2D', 'b/Relu;model/conv/Conv2D', 'model/conv/Conv2D'];
    expect(new Set(shortened(shared)).size).toBe(3);
  });

  it('leave out a module that the rest of the name says, with a mark where that leaves a hole', () => {
    const bert = [0, 1, 11].flatMap((layer) => [
      `/bert/encoder/layer.${layer}/attention/self/query/MatMul`,
      `/bert/encoder/layer.${layer}/attention/self/key/MatMul`,
      `/bert/encoder/layer.${layer}/attention/output/LayerNorm/Add`,
      `/bert/encoder/layer.${layer}/output/LayerNorm/Add`,
      `/bert/encoder/layer.${layer}/attention/self/Add`,
    ]);
    expect(shortened(bert).slice(0, 4)).toEqual([
      'layer.0/…/query/MatMul',
      'layer.0/…/key/MatMul',
      'layer.0/attention/…/LayerNorm/Add',
      'layer.0/…/LayerNorm/Add',
    ]);
  });

  it('keep which of two stacks a layer is in', () => {
    const names = ['encoder', 'decoder'].flatMap((stack) =>
      [0, 1].flatMap((layer) =>
        ['q', 'k'].map((what) => `/model/${stack}/layers.${layer}/self_attn/${what}_proj/MatMul`),
      ),
    );
    expect(shortened(names).filter((name) => name.includes('q_proj'))).toEqual([
      'encoder/layers.0/…/q_proj/MatMul',
      'encoder/layers.1/…/q_proj/MatMul',
      'decoder/layers.0/…/q_proj/MatMul',
      'decoder/layers.1/…/q_proj/MatMul',
    ]);
  });

  it('keep the inner of two numbers that go together', () => {
    const names = ['1.0', '1.1', '2.0'].flatMap((block) =>
      [1, 2].map((place) => `/layer${block.charAt(0)}/layer${block}/conv${place}/Conv`),
    );
    expect(shortened(names).slice(1, 4)).toEqual([
      'layer1.0/conv2/Conv',
      'layer1.1/conv1/Conv',
      'layer1.1/conv2/Conv',
    ]);
  });

  it('read the last name of what TensorFlow Lite fused', () => {
    const names = [1, 2].map((block) => `model/conv_${block}/BiasAdd;model/conv_${block}/Conv2D`);
    expect(shortened(names)).toEqual(['conv_1/Conv2D', 'conv_2/Conv2D']);
  });

  it('tell modules apart whose names are parted by dots', () => {
    const names = [
      'net.layers.0.q_proj',
      'net.layers.0.k_proj',
      'net.layers.1.q_proj',
      'net.layers.1.k_proj',
    ];
    expect(shortened(names)).toEqual([
      'layers.0.q_proj',
      'layers.0.k_proj',
      'layers.1.q_proj',
      'layers.1.k_proj',
    ]);
  });

  it('never are an operator alone', () => {
    expect(shortened(['/a/fc/MatMul', '/a/b.0/x/Conv', '/a/b.1/x/Conv'])[0]).toBe('fc/MatMul');
  });

  it('are the whole name where one name is the end of another, or there is but one', () => {
    expect(shortened(['b/c', 'a/b/c', 'c'])).toEqual(['b/c', 'a/b/c', 'c']);
    expect(shortened(['Conv_0', 'Conv_1', ''])).toEqual(['Conv_0', 'Conv_1', '']);
    expect(shortNames([]).short('/not/known')).toBe('/not/known');
  });

  it('keep distinct names distinct, are parts of them, and their parts are the whole name', () => {
    for (let seed = 0; seed < 200; seed++) {
      const next = random(seed);
      const words = [
        'a',
        'a.0',
        'a.1',
        '…',
        'b',
        'b1',
        'b2',
        '',
        'Conv',
        '1',
        'constructor',
        '__proto__',
        ';c',
        'd.e',
      ];
      const count = 1 + Math.floor(next() * 60);
      const names = Array.from({ length: count }, () => {
        const length = 1 + Math.floor(next() * 6);
        const parts = Array.from({ length }, () => words[Math.floor(next() * words.length)]);
        return `${next() < 0.5 ? '/' : ''}${parts.join(next() < 0.9 ? '/' : '.')}`;
      });
      const distinct = [...new Set(names)];
      const { parts, short } = shortNames(names);
      expect(new Set(distinct.map(short)).size, `seed ${seed}`).toBe(distinct.length);
      const wrong = distinct.filter((name) => {
        const whole = parts(name).map(({ text }) => text);
        return whole.join('') !== name || short(name).length > name.length;
      });
      expect(wrong, `seed ${seed}`).toEqual([]);
    }
  });

  it('take names of any kind, many and long', () => {
    // Names without numbers are as many patterns; ones of 16 segments that all vary are the longest that are shortened.
    const letters = Array.from({ length: 30_000 }, (_, index) =>
      Array.from({ length: 8 }, (_, place) => String.fromCharCode(97 + ((index >> (2 * place)) % 4))).join(
        '/',
      ),
    );
    const numbers = Array.from({ length: 30_000 }, (_, index) =>
      Array.from({ length: 16 }, (_, place) => (index * 31 + place) % 97).join('/'),
    );
    for (const names of [letters, numbers, ['x/'.repeat(100_000), 'y']]) {
      const distinct = new Set(names);
      const { short } = shortNames(names);
      expect(new Set([...distinct].map(short)).size).toBe(distinct.size);
    }
  });
});
