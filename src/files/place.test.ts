import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownMark } from './owner';
import { place, placePackage, placeText } from './place';
import { checkTargets } from './targets';

const NEW = { inputs: [], force: false };
const OVER = { inputs: [], force: true };

let scratch: string;
let folder: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'caliper-place-'));
  folder = mkdtempSync(join(tmpdir(), 'caliper-place-'));
  writeFileSync(join(scratch, 'built'), 'result');
  writeFileSync(join(scratch, 'weights.bin'), 'weights');
});

afterEach(() => {
  rmSync(scratch, { recursive: true });
  rmSync(folder, { recursive: true });
});

it('places a file and what belongs to it, and leaves nothing else', () => {
  place(join(scratch, 'built'), [join(scratch, 'weights.bin')], join(folder, 'a.onnx'), NEW);
  expect(readFileSync(join(folder, 'a.onnx'), 'utf8')).toBe('result');
  expect(readdirSync(folder).sort()).toEqual(['a.onnx', 'weights.bin']);
  expect(readFileSync(join(scratch, 'built'), 'utf8')).toBe('result');
});

it('never replaces a file unasked', () => {
  writeFileSync(join(folder, 'a.onnx'), 'mine');
  expect(() => place(join(scratch, 'built'), [], join(folder, 'a.onnx'), NEW)).toThrow('exists already');
  expect(readdirSync(folder)).toEqual(['a.onnx']);
  expect(readFileSync(join(folder, 'a.onnx'), 'utf8')).toBe('mine');
  place(join(scratch, 'built'), [], join(folder, 'a.onnx'), OVER);
  expect(readFileSync(join(folder, 'a.onnx'), 'utf8')).toBe('result');
});

it('does not replace weights of another model, and then places nothing', () => {
  writeFileSync(join(folder, 'weights.bin'), 'mine');
  expect(() =>
    place(join(scratch, 'built'), [join(scratch, 'weights.bin')], join(folder, 'a.onnx'), NEW),
  ).toThrow('weights.bin');
  expect(readFileSync(join(folder, 'weights.bin'), 'utf8')).toBe('mine');
  expect(existsSync(join(folder, 'a.onnx'))).toBe(false);
});

it('removes what a killed process left, not what a running one is writing', () => {
  const dead = 2 ** 22 + 1; // Above Linux's largest process number.
  const [, started] = ownMark().split('_');
  writeFileSync(join(folder, `.caliper-${dead}_${started}-00ff00ff`), 'half');
  writeFileSync(join(folder, `.caliper-${ownMark()}-00ff00ff`), 'half');
  place(join(scratch, 'built'), [], join(folder, 'a.onnx'), NEW);
  expect(readdirSync(folder).sort()).toEqual([`.caliper-${ownMark()}-00ff00ff`, 'a.onnx']);
});

it('takes a name as long as names can be', () => {
  const name = 'n'.repeat(255);
  place(join(scratch, 'built'), [], join(folder, name), NEW);
  expect(readdirSync(folder)).toEqual([name]);
  expect(() => place(join(scratch, 'built'), [], join(folder, `${name}n`), NEW)).toThrow(
    /cannot be written: its name is too long\.$/,
  );
});

/** Ways to write to an existing file without naming it as it was named. */
const NAMES: Record<string, (input: string) => string> = {
  'its own name': (input) => input,
  'a way round': (input) => join(folder, '..', basename(folder), '.', basename(input)),
  'a symbolic link': (input) => {
    symlinkSync(input, join(folder, 'link'));
    return join(folder, 'link');
  },
  'a hard link': (input) => {
    linkSync(input, join(folder, 'hard'));
    return join(folder, 'hard');
  },
  'a link to its folder': (input) => {
    symlinkSync(folder, join(scratch, 'way'));
    return join(scratch, 'way', basename(input));
  },
  'other letters': (input) => join(folder, basename(input).toUpperCase()),
};

it.each(Object.entries(NAMES))('never replaces what belongs to the input by %s', (how, nameOf) => {
  const weights = join(folder, 'weights.bin');
  writeFileSync(weights, 'mine');
  const target = nameOf(weights);
  if (how === 'other letters' && !existsSync(target)) return; // Where the case of letters matters.
  const inputs = [join(folder, 'in.onnx'), weights];
  const refusal = 'part of the input';
  expect(() => checkTargets({ targets: [target], inputs, force: true })).toThrow(refusal);
  expect(() => place(join(scratch, 'built'), [], target, { inputs, force: true })).toThrow(refusal);
  expect(() => placeText(['x'], target, inputs)).toThrow(refusal);
  expect(readFileSync(weights, 'utf8')).toBe('mine');
});

it('never writes weights over those of the input', () => {
  const weights = join(folder, 'weights.bin');
  writeFileSync(weights, 'mine');
  const choice = { inputs: [weights], force: true };
  const built = [join(scratch, 'built'), [join(scratch, 'weights.bin')]] as const;
  expect(() => place(...built, join(folder, 'a.onnx'), choice)).toThrow('part of the input');
  expect(readFileSync(weights, 'utf8')).toBe('mine');
  expect(readdirSync(folder)).toEqual(['weights.bin']);
});

it('writes nothing into a package that is the input', () => {
  const model = join(folder, 'm.mlpackage');
  mkdirSync(join(model, 'Data'), { recursive: true });
  expect(() =>
    checkTargets({ targets: [join(model, 'Data', 'new.json')], inputs: [model], force: true }),
  ).toThrow('lies inside');
  checkTargets({ targets: [join(folder, 'new.json')], inputs: [model], force: true });
});

it('checks once more when it places: somebody may have put something there meanwhile', () => {
  const input = join(folder, 'in.onnx');
  const output = join(folder, 'out.json');
  writeFileSync(input, 'model');
  function* pieces() {
    yield 'a';
    symlinkSync(input, output);
    yield 'b';
  }
  expect(() => placeText(pieces(), output, [input])).toThrow('part of the input');
  expect(readFileSync(input, 'utf8')).toBe('model');
  expect(readdirSync(folder).sort()).toEqual(['in.onnx', 'out.json']);
});

it('refuses an existing file, a missing folder; accepts a new name', () => {
  writeFileSync(join(folder, 'there.onnx'), '');
  const check = (name: string, force: boolean) =>
    checkTargets({ targets: [join(folder, name)], inputs: [], force });
  expect(() => check('there.onnx', false)).toThrow('exists already');
  check('there.onnx', true);
  check('new.onnx', false);
  expect(() => check(join('no', 'new.onnx'), false)).toThrow('does not exist');
  expect(() => check(join('there.onnx', 'new.onnx'), true)).toThrow('not a folder');
  expect(() => checkTargets({ targets: [''], inputs: [], force: true })).toThrow('is empty');
  expect(() => checkTargets({ targets: [`${folder}/`], inputs: [], force: true })).toThrow('folder');
  // The probe for writing leaves nothing.
  expect(readdirSync(folder)).toEqual(['there.onnx']);
});

describe.skipIf(process.platform === 'win32')('what is no regular file', () => {
  it.each([
    ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
    ['a folder', (path: string) => mkdirSync(path)],
    ['a device', (path: string) => symlinkSync('/dev/null', path)],
    ['a folder', (path: string) => symlinkSync(folder, path)],
  ])('is never replaced: %s', (kind, make) => {
    const target = join(folder, 'target');
    make(target);
    expect(() => checkTargets({ targets: [target], inputs: [], force: true })).toThrow(`is ${kind}`);
    expect(() => placeText(['x'], target, [])).toThrow(`is ${kind}`);
  });

  it('is never replaced: a socket', async () => {
    const target = join(folder, 's');
    const server = createServer().listen(target);
    await once(server, 'listening');
    try {
      expect(() => checkTargets({ targets: [target], inputs: [], force: true })).toThrow('is a socket');
    } finally {
      server.close();
    }
  });

  it('is never replaced: the device itself', () => {
    expect(() => checkTargets({ targets: ['/dev/null'], inputs: [], force: true })).toThrow('is a device');
  });
});

it('names the reason when the system refuses', () => {
  writeFileSync(join(folder, 'file'), '');
  const refused = (path: string) => {
    try {
      checkTargets({ targets: [path], inputs: [], force: true });
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  symlinkSync('round', join(folder, 'round'));
  expect(refused(join(folder, 'round', 'x'))).toMatch(/links lead in a circle/);
  expect(refused(join(folder, 'n'.repeat(300)))).toMatch(/name is too long/);
  if (existsSync('/sys/kernel'))
    expect(refused('/sys/kernel/x.onnx')).toMatch(/^\/sys\/kernel\/x\.onnx cannot be/);
});

describe('a package', () => {
  const isPackage = (path: string) => existsSync(join(path, 'Manifest.json'));
  const made = (name: string, content: string) => {
    const path = join(folder, name);
    mkdirSync(join(path, 'Data'), { recursive: true });
    writeFileSync(join(path, 'Manifest.json'), '{}');
    writeFileSync(join(path, 'Data/weights'), content);
    return path;
  };
  const contents = (path: string) => readFileSync(join(path, 'Data/weights'), 'utf8');

  it('is placed as a folder, and leaves nothing else', () => {
    const built = made('built.mlpackage', 'new');
    const output = join(folder, 'out.mlpackage');
    placePackage(built, output, { ...NEW, isPackage });
    expect(contents(output)).toBe('new');
    expect(readdirSync(folder).sort()).toEqual(['built.mlpackage', 'out.mlpackage']);
    expect(() => placePackage(built, output, { ...NEW, isPackage })).toThrow('exists already');
  });

  it('replaces a package where that is asked for, and nothing else', () => {
    const built = made('built.mlpackage', 'new');
    const old = made('out.mlpackage', 'old');
    placePackage(built, old, { ...OVER, isPackage });
    expect(contents(old)).toBe('new');
    expect(readdirSync(folder).sort()).toEqual(['built.mlpackage', 'out.mlpackage']);
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine/letter'), 'dear');
    writeFileSync(join(folder, 'file'), 'dear');
    for (const name of ['mine', 'file'])
      expect(() => placePackage(built, join(folder, name), { ...OVER, isPackage })).toThrow(
        'only packages are replaced',
      );
    expect(readFileSync(join(folder, 'mine/letter'), 'utf8')).toBe('dear');
  });

  it('is never the model itself, nor around or inside the input', () => {
    const built = made('built.mlpackage', 'new');
    const model = made('model.mlpackage', 'model');
    const over = { inputs: [model, join(model, 'Data/weights')], force: true, isPackage };
    expect(() => placePackage(built, model, over)).toThrow('is the model itself');
    expect(() => placePackage(built, join(model, 'inner.mlpackage'), over)).toThrow('lies inside');
    const around = made('around.mlpackage', 'old');
    const inside = { ...over, inputs: [made('around.mlpackage/x.mlpackage', 'model')] };
    expect(() => placePackage(built, around, inside)).toThrow('is around');
    expect(contents(model)).toBe('model');
    expect(existsSync(join(around, 'x.mlpackage/Manifest.json'))).toBe(true);
  });
});
