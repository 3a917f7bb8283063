import { describe, expect, it } from 'vitest';
import { analyze } from '../../../test/unit/source';
import { hoverMarkdown } from './hover';
import { lensesOf } from './lenses';
import { code, codeBlock, escapeMarkdown, sentence } from './markdown';

async function hovers(text: string): Promise<string[]> {
  const { calls } = await analyze(`import torch.nn as nn\n${text}`);
  return calls.map((call) => hoverMarkdown(call));
}

describe('the hover of a layer', () => {
  it('fills the formula in, and says bytes and output', async () => {
    expect(await hovers('conv = nn.Conv2d(32, 64, 3, padding=1)\n')).toEqual([
      `\`\`\`python
Conv2d(in_channels=32, out_channels=64, kernel_size=3, padding=1)
\`\`\`

Parameters: \`3·3·32·64 + 64\` = **18,496**${'  '}
Size: 74.0 kB float32 · 37.0 kB float16 · 18.5 kB int8${'  '}
Output: \`N×64×H×W\`

Not seen to become part of a module\\.`,
    ]);
  });

  it('tells parameters from buffers', async () => {
    const [batchNorm] = await hovers('norm = nn.BatchNorm2d(64)\n');
    expect(batchNorm).toContain('`64 + 64` = **128**, and 129 in buffers');
  });

  it('shows the division that groups make', async () => {
    const [grouped] = await hovers('conv = nn.Conv2d(192, 192, 3, groups=192, bias=False)\n');
    expect(grouped).toContain('`3·3·(192/192)·192` = **1,728**');
  });

  it('says what is not known and why', async () => {
    const [linear] = await hovers('from elsewhere import c\nlinear = nn.Linear(c, 4)\n');
    expect(linear).toContain('`in_features·4 + 4`, not known');
    expect(linear).toContain('`in_features` is not known\\: `elsewhere.c` comes from outside this file\\.');
  });

  it('puts together what is made alike, and sums what is known', async () => {
    const [linear] = await hovers('net = nn.Sequential(*[nn.Linear(4, i) for i in (2, 2, 3)])\n');
    expect(linear).toContain('made 3 times, **35** parameters in all');
    expect(linear).toContain('| `0`, `1` | `4·2 + 2` = **10** | `…×2` |');
    expect(linear).toContain('| `2` | `4·3 + 3` = **15** | `…×3` |');
  });

  it('does not count what was thrown away again beside what a module has', async () => {
    const [conv] = await hovers(`class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 1)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block(2), Block(2), Block(2)])
        self.blocks.pop(0)
`);
    expect(conv).toContain('Made 2 times as part of `Net`');
  });

  it('says of which layer something is not known where it is known of others', async () => {
    const [conv] = await hovers(`from elsewhere import c
net = nn.Sequential(*[nn.Linear(4, n) for n in (2, c)])
`);
    expect(conv).toContain('made 2 times, at least **10** parameters in all');
    expect(conv).toContain(
      '`1`\\: `out_features` is not known\\: `elsewhere.c` comes from outside this file\\.',
    );
    expect(conv).toContain('`net` has at least 10 parameters\\.');
  });

  it('says nothing of arguments that were not needed', async () => {
    const [conv] = await hovers('from elsewhere import p\nconv = nn.Conv2d(3, 4, 1, padding=p)\n');
    expect(conv).toContain('= **16**');
    expect(conv).not.toContain('is not known');
  });

  it('takes sections of others below its own', async () => {
    const { calls } = await analyze('import torch.nn as nn\nx = nn.ReLU()\n');
    const [call] = calls;
    if (!call) throw new Error('No call was found.');
    expect(hoverMarkdown(call, ['**linked**']).endsWith('\n\n---\n\n**linked**')).toBe(true);
  });
});

describe('lines above definitions', () => {
  it('say the parameters of a class, of each way that it is made', async () => {
    const file = await analyze(`import torch.nn as nn
class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.l = nn.Linear(c, c)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = nn.ModuleList([Block(1), Block(9)])
small = nn.Sequential(nn.Linear(1, 1))
`);
    expect(lensesOf(file).map(({ range, title, modules }) => [range.start.line, title, modules])).toEqual([
      [1, '2 to 90 parameters · 8 B to 360 B float32 · made 2 times', []],
      [5, '92 parameters · 368 B float32', ['Net']],
      [9, '2 parameters · 8 B float32', ['small']],
    ]);
  });

  it('say at least where something is not known', async () => {
    const file = await analyze(`import torch.nn as nn
from elsewhere import make
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(1, 1)
        self.b = make()
`);
    expect(lensesOf(file).map(({ title }) => title)).toEqual([
      'at least 2 parameters · not all of it is known',
    ]);
  });

  it('say that nothing is known of a layer that was not built', async () => {
    const file = await analyze(`from keras import layers
class Built(layers.Layer):
    def build(self, shape):
        self.d = layers.Dense(3)
`);
    expect(lensesOf(file).map(({ title }) => title)).toEqual(['parameters not known']);
  });

  it('count the statistics of Keras, as Keras does', async () => {
    const file = await analyze(`import keras
net = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization()])
`);
    expect(lensesOf(file).map(({ title }) => title)).toEqual(['16 parameters (8 trainable) · 64 B float32']);
  });
});

describe('text of others in Markdown', () => {
  const EVIL = [
    '[x](command:evil)',
    '![x](https://example.com/x.png)',
    '<img src=x onerror=alert(1)>',
    '`](command:evil)[`',
    '``` \n# head\n```',
    'a|b\n|c',
    'https://example.com',
    '\u2028- item',
  ];

  it.each(EVIL)('stays text: %s', async (evil) => {
    expect(escapeMarkdown(evil)).toMatch(/^(\\[!-/:-@[-`{-~]|[A-Za-z0-9 ])*$/);
    const escaped = sentence(`\`${evil}\` is odd`)
      .replace(/(`+).*?[^`]\1(?!`)/g, '')
      .replace(/\\./g, '');
    expect(escaped).not.toMatch(/[[\]()<>!|]/);
    const longest = Math.max(0, ...(evil.match(/`+/g) ?? []).map((run) => run.length));
    expect(code(evil).startsWith('`'.repeat(longest + 1))).toBe(true);
    expect(code(evil, true)).not.toMatch(/[^\\]\|/);
    expect(code(evil)).not.toMatch(/[\n\r\u2028]/);
    expect(codeBlock(evil).split('\n')).toHaveLength(3);
  });

  it('cannot leave its place in a whole hover', async () => {
    const name = "'```\\n\\n[x](command:evil)'";
    const text = `from keras import layers\nx = layers.Dense(3, activation=${name}, name=${name})\n`;
    const { calls } = await analyze(text);
    const [call] = calls;
    if (!call) throw new Error('No call was found.');
    const [head = '', ...rest] = hoverMarkdown(call).split('\n\n');
    expect(head.split('\n')).toHaveLength(3);
    const fence = head.split('\n')[0]?.replace('python', '') ?? '';
    expect(fence).toBe('````');
    expect(rest.join('\n').replace(/(`+).*?[^`]\1(?!`)/g, '')).not.toContain('](');
  });
});
