import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDERS = [
  path.resolve(import.meta.dirname, '../sources'),
  path.resolve(import.meta.dirname, '../../trials/python'),
];

/** What the evaluator has words for, in a few lines each; whole networks of many styles besides. */
const SNIPPETS = `import math, copy
import torch.nn as nn
from collections import OrderedDict
width = math.ceil(math.log2(17)) + int(2 ** 3 // 3) % 4 - abs(-2) + max(1, 2, 3) + sum([1, 2]) + len('abc')
names = '-'.join(['a', 'b']).upper().replace('A', 'x').split('-')
cfg = {'depth': 2, 'widths': [8, 16], **{'x': 1}}
for i, (a, b) in enumerate(zip(cfg['widths'], reversed(cfg['widths']))):
    cfg.setdefault(f'k{i:02d}', a * b if i else a)
class Net(nn.Module):
    def __init__(self, c=3, *args, act=nn.ReLU, **kw):
        super().__init__()
        self.stem = nn.Sequential(OrderedDict([('conv', nn.Conv2d(c, width, 3, padding=1)), ('act', act())]))
        self.blocks = nn.ModuleList([nn.Linear(w, w, bias=kw.get('bias', True)) for w in cfg['widths']])
        self.blocks.extend(nn.Linear(1, n) for n in range(2, 4))
        setattr(self, 'head%d' % 1, nn.Linear(in_features=width, out_features=10))
        self.tied = getattr(self, 'head1')
        self.d = nn.ModuleDict({str(k): nn.Embedding(k, 4) for k in (1, 2)})
        while len(self.blocks) < 8:
            self.blocks.append(copy.deepcopy(self.blocks[-1]))
        try:
            self.p = nn.Parameter(torch.zeros(2, 3))
        except (ValueError, KeyError) as error:
            pass
        else:
            del self.tied
    def forward(self, x):
        return [*map(lambda f: f(x), self.blocks)][0] if x is not None else None
net = Net(act=lambda: nn.GELU())
assert isinstance(net, nn.Module) and hasattr(net, 'stem')
`;

/** Characters of a piece: it is opened within milliseconds, and is more than one class. */
const PIECE = 1_500;

export const SOURCES: readonly string[] = [
  SNIPPETS,
  ...FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.py'))
      .sort()
      .flatMap((name) => pieces(readFileSync(path.join(folder, name), 'utf8'))),
  ),
];

/** A source in pieces that begin with its imports and end with whole statements. */
function pieces(source: string): string[] {
  const blocks = source.split(/\n(?=\S)/);
  const imports = blocks.filter((block) => /^(from|import)\b/.test(block)).join('\n');
  const found: string[] = [];
  let piece = '';
  for (const block of blocks) {
    piece += `${block}\n`;
    if (piece.length < PIECE) continue;
    found.push(piece);
    piece = `${imports}\n`;
  }
  return [...found, piece];
}

export const PYTHON_PIECES: readonly string[] = [
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ':',
    ',',
    '=',
    '*',
    '**',
    '.',
    '\\',
    '\\\n',
    '\n',
    '\t',
    '    ',
    '"""',
    "'",
    '@',
  ],
  ...[
    'for x in ',
    'if ',
    'else ',
    'lambda: ',
    'not ',
    '-',
    '~',
    'await ',
    'f"{',
    '#',
    ';',
    '0',
    'é',
    '𝛼',
    '\r',
    '\f',
  ],
  ...['self.', 'math.', 'nn.', '.constructor', '.__proto__', '.toString', '.valueOf', '.hasOwnProperty'],
  ...["['__proto__']", "['constructor']", 'class A(nn.Module):\n', 'def f():\n', 'try:\n', 'with x as y:\n'],
  ...[
    'global x\n',
    'del x\n',
    'x += 1\n',
    ':=',
    '->',
    '...',
    'nn.Linear(1, 2)',
    'import ',
    'from x import *\n',
  ],
];
