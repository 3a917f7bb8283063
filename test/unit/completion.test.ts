import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completion } from '../../src/cli/completion';
import { caliperProgram } from '../../src/cli/program';
import { RECIPES } from '../../src/protocol/recipes';
import { scratchFolder } from './support';

const program = caliperProgram();
const folder = scratchFolder();

/** What bash itself offers for a line of which the last word is being typed, in a folder with one model. */
function offered(...words: string[]): string[] {
  const script = join(folder, 'caliper.bash');
  writeFileSync(script, completion(program, 'bash'));
  const place = join(folder, 'place');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'model.onnx'), '');
  const output = execFileSync(
    'bash',
    [
      '--norc',
      '-c',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own.
      'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _caliper 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"',
      'bash',
      script,
      'caliper',
      ...words,
    ],
    { cwd: place, encoding: 'utf8' },
  );
  return output.split('\n').filter((line) => line !== '');
}

describe('completion in bash', () => {
  it('offers commands, and those that begin so', () => {
    const names = program.commands.map((command) => command.name());
    expect(offered('')).toEqual([...names, 'help']);
    expect(offered('com')).toEqual(['compare', 'completion']);
  });

  it('offers every option of a command, and none of another', () => {
    for (const command of program.commands) {
      const words = offered(command.name(), '--');
      const visible = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long);
      expect(words.toSorted()).toEqual([...visible, '--help'].toSorted());
    }
  });

  it('offers the values of an option', () => {
    expect(offered('quantize', 'model.onnx', '--recipe', '')).toEqual(RECIPES.map(({ name }) => name));
    expect(offered('quantize', '--recipe', '=', 'int8-d')).toEqual(['int8-dynamic']);
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(offered('targets', 'model.onnx', '--target', 'xnn')).toEqual(['xnnpack']);
    expect(offered('targets', '--device', 'esp32')).toEqual(['esp32-s3', 'esp32-s3-psram']);
  });

  it('leaves files to the shell, where a file is meant', () => {
    expect(offered('inspect', 'mod')).toEqual([]);
    expect(offered('profile', '--data', '')).toEqual([]);
  });

  it('is loaded by bash, as a program of its own', () => {
    const said = execFileSync('bash', ['--norc', '-c', 'eval "$(cat)"; complete -p caliper'], {
      input: completion(program, 'bash'),
      encoding: 'utf8',
    });
    expect(said).toBe('complete -o bashdefault -o default -F _caliper caliper\n');
  });
});

describe('completion in other shells', () => {
  it.each(['zsh', 'fish'] as const)('names every option with its description: %s', (shell) => {
    const script = completion(program, shell);
    for (const { options } of program.commands)
      for (const { long, hidden } of options)
        if (!hidden && long != null)
          expect(script).toContain(shell === 'zsh' ? `${long}[` : `-l ${long.slice(2)} `);
  });
});
