import { describe, expect, it } from 'vitest';
import { HELP_WIDTH, wrapHelp } from '../../src/cli/helpText';
import { caliperProgram, withCommand } from '../../src/cli/program';

/** What `--help` prints: commander's own text and what stands after it. */
async function help(...command: string[]): Promise<string> {
  let printed = '';
  const program = caliperProgram();
  for (const one of [program, ...program.commands])
    one.configureOutput({
      writeOut: (text) => {
        printed += wrapHelp(text);
      },
    });
  await program.parseAsync([...command, '--help'], { from: 'user' }).catch(() => undefined);
  return printed;
}

const commands = caliperProgram().commands.map((command) => command.name());

describe('help', () => {
  it.each([['caliper itself'], ...commands.map((name) => [name])])('fits 80 columns: %s', async (name) => {
    const text = await help(...(commands.includes(name) ? [name] : []));
    expect(text).toContain('Usage: caliper');
    const tooLong = text.split('\n').filter((line) => [...line].length > HELP_WIDTH);
    expect(tooLong).toEqual([]);
  });

  it('names every command', async () => {
    const text = await help();
    for (const name of commands) expect(text).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  it('goes on below where a text began, and as a shell takes a command', () => {
    expect(wrapHelp('  int8    one two three four five six', 37)).toBe(
      '  int8    one two three four five six',
    );
    expect(wrapHelp('  int8    one two three four five six', 34)).toBe(
      '  int8    one two three four five\n          six',
    );
    expect(wrapHelp('  caliper quantize model.onnx --data photos', 36)).toBe(
      '  caliper quantize model.onnx \\\n    --data photos',
    );
    expect(wrapHelp('one two three', 8)).toBe('one two\nthree');
  });

  it('breaks a paragraph anew that was broken for a wider page', () => {
    expect(wrapHelp('one two three four\nfive six\n\nseven', 10)).toBe(
      'one two\nthree four\nfive six\n\nseven',
    );
  });
});

describe('a model without a command', () => {
  const program = caliperProgram();
  const of = (...args: string[]) => withCommand(args, program, (path) => path === 'weights');

  it('is inspected', () => {
    expect(of('model.onnx', '--by-module')).toEqual(['inspect', 'model.onnx', '--by-module']);
    expect(of('folder/model')).toEqual(['inspect', 'folder/model']);
    expect(of('weights')).toEqual(['inspect', 'weights']);
  });

  it('leaves commands, options and what is neither as they are', () => {
    for (const args of [['profile', 'model.onnx'], ['--help'], ['help', 'inspect'], ['frobnicate'], []])
      expect(of(...args)).toEqual(args);
  });
});
