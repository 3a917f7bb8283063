import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hoverMarkdown } from '../../../src/python/hover/hover';
import { lensesOf } from '../../../src/python/hover/lenses';
import type { SourceModule } from '../../../src/python/sourceFile';
import { analyze } from '../source';

const FOLDER = path.resolve(import.meta.dirname, '../../trials/python');

function textOf(name: string): string {
  return readFileSync(path.join(FOLDER, name), 'utf8');
}

/** As the docstrings write it: `= 60`, `= 60 + 4` with buffers, `at least 20`, `unknown`. */
function figure({ parameters, buffers, atLeast }: SourceModule, withBuffers: boolean): string {
  if (parameters !== null) return `= ${parameters}${withBuffers ? ` + ${buffers}` : ''}`;
  return atLeast > 0 ? `at least ${atLeast}` : 'unknown';
}

describe.each(['configurations', 'mutations', 'ties', 'reparametrized', 'corners', 'bases'])(
  '%s.py',
  async (name) => {
    const text = textOf(`${name}.py`);
    const { modules } = await analyze(text);
    const expected = [
      ...text.matchAll(/^class (\w+)\([\w.]+\):\n {4}"""(= \d+(?: \+ \d+)?|at least \d+|unknown)/gm),
    ];

    it('has figures', () => expect(expected.length).toBeGreaterThan(5));

    it.each(expected.map(([, cls = '', right = '']) => [cls, right]))('%s has %s', (cls, right) => {
      const module = modules.find(({ madeBy }) => madeBy === cls);
      if (!module) throw new Error(`${cls} was not found.`);
      expect(figure(module, right.includes('+'))).toBe(right);
      // Where something is missing it says what, and only there.
      expect(module.gaps.length > 0).toBe(!right.startsWith('='));
    });
  },
);

/** What stands above a definition, by the name in the line. */
async function titles(file: string): Promise<Map<string, string>> {
  const text = textOf(file);
  const lines = text.split('\n');
  return new Map(
    lensesOf(await analyze(text)).map(({ range, title }) => [
      lines[range.start.line]?.slice(range.start.character, range.end.character) ?? '',
      title.split(' · ')[0] ?? '',
    ]),
  );
}

describe('trials', () => {
  it('dataclass_config.py: three ways to make one class', async () => {
    const found = await titles('dataclass_config.py');
    expect(found.get('GPT')).toBe('920 to 28,448 parameters');
    expect(found.get('FromRows')).toBe('1,028 parameters');
    expect(found.get('FromClass')).toBe('600 parameters');
    const { modules } = await analyze(textOf('dataclass_config.py'));
    const models = modules.filter(({ madeBy }) => madeBy === 'GPT');
    expect(models.map(({ args, parameters }) => [args, parameters])).toEqual([
      ['Config()', 5_920],
      ['Config(dim=32, layers=3)', 28_448],
      ['Config(50, 8, 1, False)', 920],
    ]);
  });

  it('layers_from_outside.py: what comes from outside is never left out', async () => {
    const found = await titles('layers_from_outside.py');
    expect(Object.fromEntries(found)).toMatchObject({
      Agent: 'at least 260 parameters',
      WN: '5,250 parameters',
      Hub: 'at least 5,130 parameters',
      Features: 'at least 5,130 parameters',
      Bert: 'at least 1,538 parameters',
      Derived: 'at least 5,130 parameters',
      Slices: 'at least 5,130 parameters',
      Loop: 'at least 72 parameters',
      Pretrained: '50 parameters',
      Skip: '137 parameters',
      Functional: '30 parameters',
    });
  });

  it('layers_from_outside.py: the hover says what is not known', async () => {
    const { calls } = await analyze(textOf('layers_from_outside.py'));
    const heads = calls.filter(({ instances }) => instances[0]?.module === 'Hub');
    expect(heads.map((call) => hoverMarkdown(call))).toEqual([
      expect.stringContaining(
        '`Hub` has at least 5,130 parameters\\. `backbone` is not known\\: `torch.hub.load` comes from outside this file\\.',
      ),
    ]);
  });

  it('changed_afterwards.py', async () => {
    expect(Object.fromEntries(await titles('changed_afterwards.py'))).toEqual({
      Net: '60 parameters',
      Del: '40 parameters',
      NoneAttr: '40 parameters',
      DelItem: '60 parameters',
      Truncated: '40 parameters',
      Sliced: '60 parameters',
    });
  });

  it('keras_functional.py', async () => {
    expect(Object.fromEntries(await titles('keras_functional.py'))).toEqual({
      top: '46 parameters',
      siamese: '97 parameters',
      resnet: '5,325 parameters (5,181 trainable)',
      TransformerBlock: '2,224 parameters',
      PositionEmbedding: '1,920 parameters',
      text: '4,212 parameters',
      rnn: '812 parameters',
      misc: '279 parameters',
      // The head's input is the output of a model that is not followed.
      tuned: 'parameters not known',
    });
  });

  it('keras_graphs.py', async () => {
    expect(Object.fromEntries(await titles('keras_graphs.py'))).toEqual({
      joined: '54 parameters',
      arithmetic: '108 parameters',
      sliced: '155 parameters',
      split: '33 parameters',
      several: '72 parameters',
      reached: '36 parameters',
      states: '158 parameters',
      attended: '288 parameters',
      anysize: '122 parameters',
      outside: 'at least 41 parameters',
      cut: 'at least 36 parameters',
      stacked: '70 parameters (60 trainable)',
    });
  });
});
