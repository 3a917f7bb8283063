import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gitIn, SAMPLE, scratchFolder } from '../../test/unit/support';
import { findProgram } from './findProgram';
import { copyHead } from './headCopy';

const scratch = scratchFolder();
let root = '';
let trace = '';
let script = '';
let model = '';

const git = (...args: string[]) => gitIn(root, ...args);

/** A program that leaves a trace, and does nothing of what is asked of it. */
function writeTracer(path: string): string {
  writeFileSync(path, `#!/bin/sh\necho "$0 $*" >> '${trace}'\nexit 1\n`);
  chmodSync(path, 0o755);
  return path;
}

const head = () =>
  copyHead(model, {
    git: 'git',
    folder: join(root, '..', `copies of ${root.slice(-6)}`),
    companions: () => Promise.resolve([]),
  });

beforeEach(() => {
  root = mkdtempSync(join(scratch, 'repository-'));
  trace = join(scratch, `trace of ${root.slice(-6)}`);
  model = join(root, 'model.onnx');
  copyFileSync(SAMPLE, model);
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'state');
  script = writeTracer(join(root, 'run.sh'));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** All that a repository can name for git to run. */
function makeHostile(): void {
  writeFileSync(join(root, '.gitattributes'), '* filter=own diff=own merge=own\n');
  const hooks = join(root, 'hooks');
  mkdirSync(hooks);
  const named = [
    'post-checkout',
    'post-index-change',
    'pre-auto-gc',
    'reference-transaction',
    'fsmonitor-watchman',
  ];
  for (const name of named) writeTracer(join(hooks, name));
  const settings = {
    'core.hooksPath': hooks,
    'core.fsmonitor': script,
    'core.sshCommand': script,
    'core.askPass': script,
    'core.gitProxy': script,
    'core.pager': script,
    'core.editor': script,
    'core.alternateRefsCommand': script,
    'core.attributesFile': join(root, '.gitattributes'),
    'credential.helper': script,
    'diff.external': script,
    'diff.own.command': script,
    'diff.own.textconv': script,
    'filter.own.clean': script,
    'filter.own.smudge': script,
    'filter.own.process': script,
    'filter.own.required': 'true',
    'gpg.program': script,
    'merge.own.driver': script,
    'pager.cat-file': script,
    'pager.ls-tree': script,
    'pager.rev-parse': script,
    'alias.cat-file': `!${script}`,
    'alias.ls-tree': `!${script}`,
    'alias.rev-parse': `!${script}`,
    'remote.origin.url': `ext::${script}`,
    'remote.origin.uploadpack': script,
    'remote.origin.promisor': 'true',
    'extensions.partialClone': 'origin',
    'core.repositoryFormatVersion': '1',
    'protocol.ext.allow': 'always',
    'protocol.allow': 'always',
    'submodule.recurse': 'true',
    'uploadpack.packObjectsHook': script,
  };
  for (const [name, value] of Object.entries(settings)) git('config', name, value);
  rmSync(trace, { force: true });
}

const traces = () => (existsSync(trace) ? readFileSync(trace, 'utf8') : '');

describe('a repository whose configuration names programs', () => {
  it('is read without running any of them', async () => {
    makeHostile();
    expect((await head()).unchanged).toBe(true);
    // Of another time and size, so that git would look at its content.
    writeFileSync(model, 'changed');
    const copy = await head();
    expect(copy.unchanged).toBe(false);
    expect(readFileSync(copy.path).equals(readFileSync(SAMPLE))).toBe(true);
    expect(traces()).toBe('');
    // The trap works: git by itself runs them.
    expect(() => git('status')).not.toThrow();
    expect(traces()).toContain('run.sh');
  });

  it('is not completed from elsewhere where it was cloned in part', async () => {
    makeHostile();
    const blob = git('rev-parse', 'HEAD:model.onnx').trim();
    rmSync(join(root, '.git', 'objects', blob.slice(0, 2), blob.slice(2)), { force: true });
    rmSync(trace, { force: true });
    await expect(head()).rejects.toThrow(
      /^model\.onnx as HEAD has it is not on this computer.*cloned in part.*\.$/,
    );
    expect(traces()).toBe('');
  });

  it('is not taken for another one that a variable names', async () => {
    const other = mkdtempSync(join(scratch, 'other-'));
    execFileSync('git', ['init', '--quiet', other]);
    vi.stubEnv('GIT_DIR', join(other, '.git'));
    vi.stubEnv('GIT_WORK_TREE', other);
    vi.stubEnv('GIT_EXTERNAL_DIFF', script);
    vi.stubEnv('GIT_SSH_COMMAND', script);
    expect((await head()).unchanged).toBe(true);
    expect(traces()).toBe('');
  });
});

describe('git itself', () => {
  it('never comes from the folder of the model', async () => {
    writeTracer(join(root, 'git'));
    const inner = join(root, 'tools');
    mkdirSync(inner);
    writeTracer(join(inner, 'git'));
    const path = process.env['PATH'] ?? '';
    vi.stubEnv('PATH', ['', '.', root, inner, path].join(delimiter));
    expect(await findProgram('git', root)).toMatch(/^\/.*\/git$/);
    expect(await findProgram('git', root)).not.toContain(root);
    expect((await head()).unchanged).toBe(true);
    expect(traces()).toBe('');
    vi.stubEnv('PATH', ['.', root].join(delimiter));
    await expect(head()).rejects.toThrow(/^git was not found/);
  });
});
