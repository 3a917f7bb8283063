import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyzeSource } from '../../src/python/analyze';
import { hoverMarkdown } from '../../src/python/hover/hover';
import { lensesOf } from '../../src/python/hover/lenses';
import type { SourceFile } from '../../src/python/sourceFile';
import { analyze, openSource, table } from './source';

const SOURCES = ['resnet', 'vit', 'styles', 'keras_models'].map((name) =>
  readFileSync(path.join(import.meta.dirname, 'sources', `${name}.py`), 'utf8'),
);

/** All that is made of what was found: it must not throw either. */
function useAll(file: SourceFile): void {
  for (const call of file.calls) hoverMarkdown(call);
  lensesOf(file);
}

/** Numbers below 1 from a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const PIECES = [
  '(',
  ')',
  ':',
  '\n',
  '    ',
  '\t',
  '"""',
  "'",
  '*',
  '**',
  'for x in ',
  'if ',
  'lambda: ',
  '0',
  ',',
  '=',
  '[',
  '}',
  'self.',
  '\\',
  'é',
  '𝛼',
  'class A(nn.Module):\n',
];

describe('damaged sources', () => {
  it('are followed as far as they go, whatever is cut or put in', async () => {
    for (let seed = 1; seed <= 120; seed++) {
      const next = random(seed);
      let text = SOURCES[seed % SOURCES.length] ?? '';
      for (let edit = 0; edit < 6; edit++) {
        const at = Math.floor(next() * text.length);
        const length = next() < 0.5 ? 0 : Math.floor(next() * 40);
        text =
          text.slice(0, at) + (PIECES[Math.floor(next() * PIECES.length)] ?? '') + text.slice(at + length);
      }
      if (next() < 0.3) text = text.slice(0, Math.floor(next() * text.length));
      try {
        useAll(await analyze(text));
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });

  it('are the same after edits as when they are read at once', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const next = random(seed);
      let text = SOURCES[seed % SOURCES.length] ?? '';
      const document = await openSource(text);
      for (let edit = 0; edit < 5; edit++) {
        const offset = Math.floor(next() * text.length);
        const length = next() < 0.5 ? 0 : Math.floor(next() * 30);
        const piece = PIECES[Math.floor(next() * PIECES.length)] ?? '';
        document.edit({ offset, length, text: piece });
        text = text.slice(0, offset) + piece + text.slice(offset + length);
        const found = analyzeSource(document.read(ignore), ignore);
        if (edit === 4) expect(found, `seed ${seed}`).toEqual(await analyze(text));
      }
      document.close();
    }
  });
});

function ignore(): void {}

const HEAD = 'import torch.nn as nn\n';

describe('odd sources', () => {
  const cases: Record<string, string> = {
    nothing: '',
    'an endless loop': `${HEAD}while True:\n    x = nn.Linear(1, 2)\n`,
    'a loop of a thousand million turns': `${HEAD}m = nn.ModuleList([nn.Linear(1, i) for i in range(10**9)])\nfor i in range(10**9):\n    m.append(nn.Linear(i, i))\n`,
    'loops within loops': `${HEAD}m = []\n${[0, 1, 2, 3].map((level) => `${'  '.repeat(level)}for a${level} in range(10**6):\n`).join('')}        m.append(nn.Linear(1, 1))\n`,
    'a list of thousands of millions': `${HEAD}m = nn.Sequential(*([nn.ReLU()] * 10**10))\nx = [0] * 10**9\ny = 'a' * 10**9\nz = 10 ** 10 ** 10\n`,
    'a list that doubles': `${HEAD}x = [nn.ReLU()]\nfor i in range(100):\n    x = x + x\n    x += x\n`,
    'a list that holds itself': `${HEAD}x = []\nx.append(x)\nm = nn.Sequential(*x)\nnn.Linear(x, 3)\n`,
    'a module that holds itself': `${HEAD}class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = self\n        self.l = nn.Linear(1, 2)\n`,
    'copies of copies': `${HEAD}import copy\nx = [nn.Linear(1, 1)]\nfor i in range(60):\n    x = [copy.deepcopy(x), copy.deepcopy(x)]\n`,
    'modules within each other': `${HEAD}x = nn.ReLU()\nfor i in range(2000):\n    for j in range(10):\n        x = nn.Sequential(x)\nfor m in x.modules():\n    m.bias = None\n`,
    'models within each other': `import keras\nx = keras.layers.ReLU()\nfor i in range(2000):\n    for j in range(10):\n        x = keras.Sequential([x])\n`,
    'a recursion': `${HEAD}def f(n):\n    nn.Linear(n, n)\n    return f(n + 1)\nf(0)\ng = lambda: g()\ng()\n`,
    'a class that makes itself': `${HEAD}class A(nn.Module):\n    def __init__(self):\n        self.a = A()\n        self.b = A()\n`,
    'classes that derive from each other': `${HEAD}class A(B): pass\nclass B(A): pass\nclass A(B): pass\nclass B(A): pass\nA()\n`,
    'a list of more items than a call takes arguments': `${HEAD}class A(nn.Module):\n    def __init__(self):\n        self.x = [${'1,'.repeat(130_000)}]\n`,
    'deep parentheses': `${HEAD}x = ${'('.repeat(20_000)}1${')'.repeat(20_000)}\n`,
    'deep calls': `${HEAD}x = ${'nn.Sequential('.repeat(3_000)}nn.ReLU()${')'.repeat(3_000)}\n`,
    'a long sum': `${HEAD}x = ${'1 + '.repeat(20_000)}1\n`,
    'deep blocks': `${HEAD}${Array.from({ length: 90 }, (_, level) => `${' '.repeat(level)}if x:\n`).join('')}${' '.repeat(90)}nn.Linear(1, 2)\n`,
    tabs: `${HEAD}class A(nn.Module):\n\tdef __init__(self):\n\t\tsuper().__init__()\n\t\tself.a = nn.Linear(1, 2)\n`,
    'carriage returns': `${HEAD}class A(nn.Module):\r\n    def __init__(self):\r\n        self.a = nn.Linear(1, 2)\r\n`,
    'names of JavaScript': `${HEAD}constructor = 3\n__proto__ = nn.Linear(constructor, toString)\nhasOwnProperty(1)\nx = {'__proto__': 1}['constructor']\n`,
    'arguments in excess': `${HEAD}nn.Linear(*[1] * 500, **{'a': 1}, bias=True)\nnn.Conv2d()\nnn.LSTM(1, 2, 10**9)\nnn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 10**9)\nnn.Linear(-1, 2.5)\nnn.Conv2d(3, 4, (1, 2, 3, 4), groups=0)\n`,
    'Keras out of the ordinary':
      'from keras import layers\nimport keras\nlayers.Dense()(keras.Input(()))\nlayers.Reshape((0, -1))(keras.Input((3, None)))\nkeras.Model(1, 2)\nlayers.Concatenate(axis=9)([keras.Input((2,)), keras.Input((2, 3))])\nlayers.BatchNormalization(axis=[5])(keras.Input((2,)))\nkeras.Sequential(3).add(4)\n',
  };
  it.each(Object.entries(cases))('%s', async (_, text) => {
    useAll(await analyze(text));
  });

  it('are followed with tabs, decorators, and classes inside functions', async () => {
    const text = `${HEAD}from functools import wraps
def trace(f):
\treturn f
def make(width):
\t@trace
\tclass Net(nn.Module):
\t\t@trace
\t\tdef __init__(self, depth=2):
\t\t\tsuper().__init__()
\t\t\tself.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
\treturn Net()
net = make(4)
`;
    expect(table(await analyze(text), 'Net')).toEqual(['layers.0 Linear 20', 'layers.1 Linear 20']);
  });

  it('show what can be followed of them while they are typed', async () => {
    const text = `${HEAD}class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 4)
        self.b = nn.Conv2d(3, 8,
        self.c = nn.Linear(5, 6)
`;
    const { calls } = await analyze(text);
    expect(calls.find(({ layer }) => layer === 'Linear')?.instances[0]?.parameters).toBe(16);
  });
});

describe('a source that takes too long to parse', () => {
  it('has nothing in it until it is another one', async () => {
    const hostile = '\\\n'.repeat(16_000);
    const document = await openSource(`x = 1\n${hostile}`);
    expect(document.read(ignore, 20)).toEqual([]);
    document.edit({ offset: 6, length: hostile.length, text: 'y = 2\n' });
    expect(document.read(ignore)).toHaveLength(2);
    document.close();
  });
});

describe('what is not known', () => {
  it('is said with its reason, and never guessed', async () => {
    const text = `${HEAD}from elsewhere import width, extra
class Net(nn.Module):
    def __init__(self, c, use_bn=extra):
        super().__init__()
        self.a = nn.Linear(width, 4)
        self.b = nn.Linear(c, 4)
        if use_bn:
            self.n = nn.BatchNorm1d(4)
        layers = [nn.Linear(4, 4)]
        if use_bn:
            layers.append(nn.Dropout())
        layers.append(nn.Linear(4, 2))
        self.s = nn.Sequential(*layers)
        self.more = extra(3)
    def forward(self, x):
        return self.more(self.s(x))
`;
    const { modules } = await analyze(text);
    const found = modules[0]?.layers.map(({ instance }) => [
      instance.path,
      instance.parameters,
      instance.uncertain,
    ]);
    expect(found).toEqual([
      ['a', null, false],
      ['b', null, false],
      ['n', 8, true],
      ['s.0', 20, false],
      [null, 0, true],
      [null, 10, false],
    ]);
    expect(modules[0]).toMatchObject({ complete: false, parameters: null });
    expect(modules[0]?.layers[0]?.instance.unknown).toEqual([
      '`in_features` is not known: `elsewhere.width` comes from outside this file.',
    ]);
    expect(modules[0]?.layers[1]?.instance.unknown[0]).toContain(
      '`c` is an argument of `Net` that nothing in this file gives',
    );
  });
});
