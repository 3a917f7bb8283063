import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckError, ModelError, UsageError } from '../model/modelError';
import type { ProfileOptions } from '../protocol/options';
import { runJob } from './client';
import type { JobRequest } from './protocol';

const WORKERS = {
  result: `
    console.log('said on stdout'); console.error('said on stderr');
    process.send({ type: 'progress', progress: { message: 'half', fraction: 0.5 } });
    process.send({ type: 'log', line: 'logged' });
    require('node:fs').writeFileSync(request.scratch + '/leftover', '');
    process.send({ type: 'result', result: { request, infinite: Infinity } }, () => process.exit(0));`,
  error: `process.send({ type: 'error', message: 'No such model.', usage: false, detail: 'at line 7' }, () => process.exit(0));`,
  usage: `process.send({ type: 'error', message: 'No such recipe.', usage: true, detail: '' }, () => process.exit(0));`,
  check: `process.send({ type: 'error', message: 'Not finite.', usage: false, check: true, detail: '' }, () => process.exit(0));`,
  crash: `console.error('illegal instruction'); process.abort();`,
  exit: `process.exit(7);`,
  killed: `process.kill(process.pid, 'SIGKILL');`,
  endless: `
    require('node:fs').writeFileSync(request.memory + '/pid', String(process.pid));
    process.send({ type: 'log', line: 'running' });
    for (;;);`,
};

const options: ProfileOptions = {
  model: '/models/cat.onnx',
  threads: 1,
  runs: 1,
  dims: {},
  shapes: {},
  data: null,
  preprocessing: null,
  seed: 1,
  trace: null,
};

/** What the worker `result` answers. */
interface Echo {
  request: JobRequest;
  infinite: number;
}

let folder = '';
const worker = (name: keyof typeof WORKERS) => join(folder, `${name}.cjs`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-test-'));
  for (const [name, body] of Object.entries(WORKERS)) {
    writeFileSync(join(folder, `${name}.cjs`), `process.once('message', (request) => {${body}});`);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a worker of ours and collects what it says. */
async function run(name: keyof typeof WORKERS) {
  const lines: string[] = [];
  const progress: unknown[] = [];
  const settings = {
    memory: folder,
    worker: worker(name),
    onLog: (line: string) => void lines.push(line),
    onProgress: (step: unknown) => void progress.push(step),
  };
  const outcome = await runJob('profile', options, settings).then(
    (result) => ({ result: result as unknown as Echo, error: undefined }),
    (error: unknown) => ({ result: undefined, error }),
  );
  return { ...outcome, lines, progress };
}

describe('runJob', () => {
  it('gives the result, the progress and the log, and removes the scratch folder', async () => {
    const { result, lines, progress } = await run('result');
    const request = result?.request;
    expect(request).toMatchObject({ kind: 'profile', options, memory: folder });
    expect(result?.infinite).toBe(Infinity);
    expect(progress).toEqual([{ message: 'half', fraction: 0.5 }]);
    expect([...lines].sort()).toEqual(['logged', 'said on stderr', 'said on stdout']);
    expect(request?.scratch).toContain('caliper-');
    expect(existsSync(request?.scratch ?? '')).toBe(false);
  });

  it('leaves a scratch folder alone that the caller gave', async () => {
    const scratch = mkdtempSync(join(folder, 'scratch-'));
    await runJob('profile', options, { memory: folder, scratch, worker: worker('result') });
    expect(existsSync(join(scratch, 'leftover'))).toBe(true);
  });

  it('makes an error of the child a ModelError and logs its details', async () => {
    const { error, lines } = await run('error');
    expect(error).toBeInstanceOf(ModelError);
    expect(error).not.toBeInstanceOf(UsageError);
    expect((error as Error).message).toBe('No such model.');
    expect(lines).toEqual(['at line 7']);
  });

  it('tells a wrong wish and a failed check from a bad model', async () => {
    expect((await run('check')).error).toBeInstanceOf(CheckError);
    expect((await run('usage')).error).toBeInstanceOf(UsageError);
  });

  it('names the model when the child crashes, and logs what it said last', async () => {
    const { error, lines } = await run('crash');
    expect((error as Error).message).toMatch(/ran cat\.onnx crashed \((SIGABRT|exit code \d+)\)/);
    expect(lines).toContain('illegal instruction');
    expect(((await run('exit')).error as Error).message).toMatch(/exit code 7/);
  });

  it.skipIf(process.platform === 'win32')(
    'suspects the memory when somebody else kills the child',
    async () => {
      expect(((await run('killed')).error as Error).message).toMatch(/cat\.onnx was killed.*memory/);
    },
  );

  it('kills a child that does not listen when it is aborted', async () => {
    const abort = new AbortController();
    const job = runJob('profile', options, {
      memory: folder,
      worker: worker('endless'),
      signal: abort.signal,
      onLog: () => abort.abort(new Error('enough')),
    });
    await expect(job).rejects.toThrow('enough');
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow();
  });

  it('starts nothing when it was aborted before', async () => {
    const job = runJob('profile', options, {
      memory: folder,
      worker: join(folder, 'absent.cjs'),
      signal: AbortSignal.abort(new Error('too late')),
    });
    await expect(job).rejects.toThrow('too late');
  });

  it('says so when the worker is missing', async () => {
    const job = runJob('profile', options, { memory: folder, worker: join(folder, 'absent.cjs') });
    await expect(job).rejects.toThrow(ModelError);
  });
});
