import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  blob,
  constant,
  encode,
  MIL,
  operation,
  program,
  SPECIFICATION,
  weightFile,
  writePackage,
} from '../../../test/unit/coreml';
import { scratchFolder } from '../../../test/unit/support';
import { ModelError } from '../../model/modelError';
import { seededRandom } from '../../runtime/random';
import { openModel } from '../index';

// Real models of others, beside the repository; the tests pass where they are absent.
const SHARED = resolve('../shared/models/coreml');
const shared = existsSync(SHARED) ? readdirSync(SHARED).map((name) => join(SHARED, name)) : [];
const folder = scratchFolder();
let made = 0;
const fresh = () => join(folder, `${made++}.mlpackage`);

/** A program with one weight of four floats. */
function specification(offset = 64, fileName?: string, shape = [4]): Uint8Array {
  return encode(
    program(
      [
        constant('w', blob(MIL.float32, shape, offset, fileName), MIL.float32, shape),
        operation('add', { x: 'x', y: 'w' }, [['y', MIL.float32, [4]]]),
      ],
      [['x', [4]]],
      ['y'],
    ),
  );
}

const WEIGHTS = weightFile([[2, new Uint8Array(16)]]).bytes;

function problemsOf(path: string): string {
  return openModel(path)
    .model.problems.map(({ message }) => message)
    .join(' ');
}

describe('a package', () => {
  it('whose parts are there has no problem', () => {
    expect(problemsOf(writePackage(fresh(), specification(), WEIGHTS))).toBe('');
  });

  it('without a manifest is refused', () => {
    const path = writePackage(fresh(), specification(), WEIGHTS);
    rmSync(join(path, 'Manifest.json'));
    expect(() => openModel(path)).toThrow('is missing, so the folder is not a Core ML package');
  });

  it.each([
    ['not JSON', 'is not JSON'],
    ['{}', 'does not say which of its items is the model'],
    ['{"rootModelIdentifier":"a","itemInfoEntries":{}}', 'does not say where its model'],
    ['{"rootModelIdentifier":"__proto__","itemInfoEntries":{}}', 'does not say where its model'],
    ['[1]', 'does not say which'],
  ])('with the manifest %s is refused', (manifest, message) => {
    const path = writePackage(fresh(), specification(), WEIGHTS);
    writeFileSync(join(path, 'Manifest.json'), manifest);
    expect(() => openModel(path)).toThrow(message);
  });

  it.each(['../../other.mlmodel', '/etc/passwd', 'missing.mlmodel', 'com.apple.CoreML', '\0'])(
    'whose manifest names %j is refused',
    (location) => {
      expect(() => openModel(writePackage(fresh(), specification(), WEIGHTS, location))).toThrow(ModelError);
    },
  );

  it('whose model is a link out of it is refused', () => {
    const path = writePackage(fresh(), specification(), WEIGHTS);
    const inside = join(path, 'Data', SPECIFICATION);
    const outside = join(folder, 'outside.mlmodel');
    cpSync(inside, outside);
    rmSync(inside);
    symlinkSync(outside, inside);
    expect(() => openModel(path)).toThrow('lies outside');
  });
});

describe('weights of a program', () => {
  it.each([
    [specification(64, '@model_path/../../../../etc/passwd'), WEIGHTS, 'lies outside'],
    [specification(64, '/etc/passwd'), WEIGHTS, 'lies outside'],
    [specification(), null, 'is missing'],
    [specification(), new Uint8Array(20), 'too few for a weight file'],
    [specification(), new Uint8Array(640), 'version 0'],
    [specification(63), WEIGHTS, 'where no blob can begin'],
    [specification(2 ** 40), WEIGHTS, 'where no blob can begin'],
    [specification(128), WEIGHTS, 'no blob begins at byte 128'],
    [specification(64, undefined, [5]), WEIGHTS, 'has 16 bytes where its type and shape need 20'],
    [specification(64, undefined, [2 ** 40, 2 ** 40]), WEIGHTS, 'has an impossible shape'],
  ])('that cannot be read are a problem (%#)', (model, weights, message) => {
    const path = writePackage(fresh(), model, weights);
    expect(problemsOf(path)).toContain(message);
    const file = openModel(path);
    for (const tensor of file.model.graph.constants.values()) {
      expect(() => file.readTensor(tensor)).toThrow(ModelError);
    }
  });

  it('behind the end of their file are a problem', () => {
    const weights = Buffer.from(WEIGHTS);
    weights.writeBigUInt64LE(2n ** 50n, 64 + 16);
    expect(problemsOf(writePackage(fresh(), specification(), weights))).toContain('behind its end');
  });
});

const MUTATIONS = 60;

function mutate(bytes: Buffer, random: () => number): Buffer {
  const at = (length: number) => Math.floor(random() * length);
  const place = () => {
    const edge = Math.min(4096, bytes.length);
    return random() < 0.6 ? (random() < 0.5 ? at(edge) : bytes.length - 1 - at(edge)) : at(bytes.length);
  };
  const copy = Buffer.from(bytes);
  const start = place();
  switch (at(5)) {
    case 0:
      return copy.subarray(0, start);
    case 1:
      for (let i = 0; i < 1 + at(4); i++) copy[place()] = at(256);
      return copy;
    case 2:
      copy.fill(0xff, start, Math.min(copy.length, start + 1 + at(9)));
      return copy;
    case 3:
      return Buffer.concat([copy.subarray(0, start), copy.subarray(start + 1 + at(40))]);
    default:
      return Buffer.concat([copy.subarray(0, start + 1 + at(40)), copy.subarray(start)]);
  }
}

/** Opens a damaged model and looks at all of it; everything but a sentence for people is thrown on. */
function look(path: string, what: string): void {
  try {
    const file = openModel(path);
    file.infer({ dims: {}, shapes: {} });
    for (const node of file.model.graph.nodes) expect(node.attributes.length).toBeGreaterThanOrEqual(0);
    for (const { tensor } of file.parameterTensors(file.model.graph)) {
      try {
        file.readTensor(tensor, 16);
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
      }
    }
  } catch (error) {
    if (!(error instanceof ModelError)) throw new Error(`${what}: ${error}`, { cause: error });
    expect(error.message, what).toMatch(/^[^\n]+\.$/);
  }
}

describe.skipIf(shared.length === 0)('a damaged copy', () => {
  it.each(shared)('of %s is shown or refused with a sentence', (path) => {
    if (path.endsWith('.mlmodel')) {
      const original = readFileSync(path);
      for (let seed = 1; seed <= MUTATIONS; seed++) {
        const damaged = join(folder, 'damaged.mlmodel');
        writeFileSync(damaged, mutate(original, seededRandom(seed)));
        look(damaged, `seed ${seed}`);
      }
      return;
    }
    const copy = fresh();
    mkdirSync(copy);
    cpSync(path, copy, { recursive: true, mode: 0 });
    const parts = ['Manifest.json', join('Data', SPECIFICATION), 'Data/com.apple.CoreML/weights/weight.bin'];
    for (const part of parts) {
      const original = readFileSync(join(path, part));
      for (let seed = 1; seed <= MUTATIONS; seed++) {
        rmSync(join(copy, part), { force: true });
        writeFileSync(join(copy, part), mutate(original, seededRandom(seed)));
        look(copy, `seed ${seed} of ${part}`);
      }
      rmSync(join(copy, part), { force: true });
      writeFileSync(join(copy, part), original);
    }
  });
});
