import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { makeScratch, removeScratch } from '../../src/files/scratch';

/*
 * Results are placed by a process that is killed before each of its calls that change files, one process a call, and
 * what lies there is looked at: at once, and after the next start.
 */

/** Calls that change what lies on the disk. */
const CHANGING = [
  'copyFileSync',
  'cpSync',
  'linkSync',
  'mkdtempSync',
  'renameSync',
  'rmSync',
  'writeFileSync',
] as const;

/** Places what `argv` says, and dies before call `argv[2]`; a copy is half there then. */
const PLACING = `
  const fs = require('node:fs');
  let left = Number(process.argv[2]);
  for (const name of ${JSON.stringify(CHANGING)}) {
    const call = fs[name];
    fs[name] = (...args) => {
      const changes = name !== 'rmSync' || fs.existsSync(args[0]);
      if (changes && left-- === 0) {
        if (name === 'copyFileSync') fs.appendFileSync(args[1], fs.readFileSync(args[0]).subarray(0, 2));
        process.kill(process.pid, 'SIGKILL');
      }
      return call(...args);
    };
  }
  const { place, placePackage } = require('./src/files/place');
  const [built, companions, output, force] = JSON.parse(process.argv[3]);
  const choice = { inputs: [], force };
  if (companions === null) placePackage(built, output, { ...choice, isPackage: () => true });
  else place(built, companions, output, choice);
`;

const script = resolve('out', `placing-${process.pid}.cjs`);
const folder = mkdtempSync(join(tmpdir(), 'caliper-killed-'));
/** Where the processes keep what is temporary, this one among them. */
const temporary = join(folder, 'temporary');
const target = join(folder, 'target');

beforeAll(async () => {
  await build({
    stdin: { contents: PLACING, resolveDir: resolve('.'), loader: 'js' },
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  mkdirSync(join(folder, 'built', 'package'), { recursive: true });
  write(join(folder, 'built'), 'new');
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, temporary);
});
afterAll(() => {
  vi.unstubAllEnvs();
  for (const path of [script, folder]) rmSync(path, { recursive: true, force: true });
});

/** A model, its weights, and a package, of which every file says of which version it is. */
function write(place: string, version: string): void {
  for (const name of ['model', 'weights', 'package/model', 'package/weights']) {
    mkdirSync(join(place, name, '..'), { recursive: true });
    writeFileSync(join(place, name), version);
  }
}

/** What lies there under the name: a version, null for nothing, or a sentence about what is wrong. */
function versionOf(kind: Kind): string | null {
  const [model, ...others] = FILES[kind].map((name) => {
    const path = join(target, name);
    return existsSync(path) && !statSync(path).isDirectory() ? readFileSync(path, 'utf8') : null;
  });
  if (model === undefined || model === null) return null;
  return others.every((other) => other === model) ? model : `${model} with ${others.join()}`;
}

type Kind = 'a file' | 'a file with weights' | 'a package';

const FILES: Record<Kind, readonly string[]> = {
  'a file': ['model'],
  'a file with weights': ['model', 'weights'],
  'a package': ['package/model', 'package/weights'],
};

/** Runs until call number `left`; true where it was killed, false where it came to its end. */
function placed(kind: Kind, force: boolean, left: number): Promise<boolean> {
  const built = join(folder, 'built');
  const job =
    kind === 'a package'
      ? [join(built, 'package'), null, join(target, 'package'), force]
      : [
          join(built, 'model'),
          kind === 'a file' ? [] : [join(built, 'weights')],
          join(target, 'model'),
          force,
        ];
  return new Promise((done, fail) => {
    execFile(process.execPath, [script, String(left), JSON.stringify(job)], (error) => {
      if (error === null) done(false);
      else if (error.signal === 'SIGKILL') done(true);
      else fail(error);
    });
  });
}

const CASES = (['a file', 'a file with weights', 'a package'] as const).flatMap((kind) =>
  [false, true].map((force) => ({ kind, force, name: force ? `${kind} in place of another` : kind })),
);

it.each(CASES)(
  'leaves $name whole or not at all, whenever its process is killed',
  async ({ kind, force }) => {
    const before = force ? 'old' : null;
    const seen = new Set<string | null>();
    let killed = true;
    for (let call = 0; killed; call++) {
      for (const path of [target, temporary]) {
        rmSync(path, { recursive: true, force: true });
        mkdirSync(path);
      }
      if (force) write(target, 'old');
      const others = force ? readdirSync(target, { recursive: true }) : [];
      killed = await placed(kind, force, call);
      const left = versionOf(kind);
      expect(['new', 'old', null], `killed before call ${call}`).toContain(left);

      // The next start, of whatever.
      await removeScratch(await makeScratch());
      const now = versionOf(kind);
      seen.add(now);
      expect([before, 'new'], `after a start behind call ${call}`).toContain(now);
      if (left === 'new') expect(now).toBe('new');
      const expected = force || now === null ? others : FILES[kind];
      const files = readdirSync(target, { recursive: true }).filter(
        (name) => force || !statSync(join(target, String(name))).isDirectory(),
      );
      expect(files.sort(), `beside the target, behind call ${call}`).toEqual([...expected].sort());
      expect(readdirSync(temporary)).toEqual([]);
    }
    // From some call on it is the new one, and before that the old.
    expect([...seen]).toEqual([before, 'new']);
  },
  120_000,
);

it('leaves what somebody put under the name since, and no weights without their model', async () => {
  for (let call = 0, killed = true; killed; call++) {
    for (const path of [target, temporary]) {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path);
    }
    killed = await placed('a file with weights', false, call);
    if (!existsSync(join(target, 'weights'))) writeFileSync(join(target, 'weights'), 'mine');
    const mine = readFileSync(join(target, 'weights'), 'utf8') === 'mine';
    await removeScratch(await makeScratch());
    if (mine) expect(readdirSync(target), `behind call ${call}`).toEqual(['weights']);
    else expect(versionOf('a file with weights')).toBe('new');
  }
}, 120_000);
