import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckError, InstallationError, ModelError, TooBusyError, UsageError } from '../model/modelError';
import type { ProfileOptions } from '../protocol/options';
import { type JobSettings, runJob } from './client';
import type { JobCalls, JobKind } from './protocol';

/** A worker's answer to its one request. */
const answer = (outcome: string) =>
  `process.send({ type: 'response', id: request.id, ${outcome} }, () => process.exit(0));`;
const failure = (kind: string, message: string) =>
  answer(`ok: false, error: { kind: '${kind}', message: '${message}', detail: 'at line 7' }`);

/** A worker that begins on LiteRT's library, does something there, and answers where it must not use it. */
const native = (then: string) => `
  if (request.params.litert.instead) { ${answer('ok: true, result: { params: request.params }')} return; }
  const event = { kind: 'engine', state: 'begins', model: 'cat.tflite', webAssembly: false };
  process.send({ type: 'event', event }, () => { ${then} });`;

const WORKERS = {
  result: `
    console.log('said on stdout'); console.error('said on stderr');
    process.send({ type: 'event', event: { kind: 'progress', progress: { message: 'half', fraction: 0.5 } } });
    process.send({ type: 'event', event: { kind: 'log', line: 'logged' } });
    require('node:fs').writeFileSync(request.params.scratch + '/leftover', '');
    ${answer('ok: true, result: { kind: request.kind, params: request.params, infinite: Infinity }')}`,
  error: failure('model', 'No such model.'),
  placed: answer(`ok: false, error: {
    kind: 'model', message: 'Broken.', file: '/models/cat.bin', node: 'conv 7', offset: 1234, detail: '' }`),
  usage: failure('usage', 'No such recipe.'),
  check: failure('check', 'Not finite.'),
  installation: failure('installation', 'Install it again.'),
  busy: failure('busy', 'Others compute.'),
  internal: failure('internal', 'x is undefined'),
  crash: `console.error('illegal instruction'); process.abort();`,
  nativeCrash: native('process.abort();'),
  nativeHang: native('for (;;);'),
  hang: `
    const event = { kind: 'engine', state: 'begins', model: 'cat.tflite', webAssembly: true };
    process.send({ type: 'event', event }, () => { for (;;); });`,
  nativeKilled: native(`process.kill(process.pid, 'SIGKILL');`),
  nativeRefused: native(failure('model', 'It cannot.')),
  exit: `process.exit(7);`,
  killed: `process.kill(process.pid, 'SIGKILL');`,
  stops: `
    process.send({ type: 'event', event: { kind: 'progress', progress: { message: 'half', fraction: 0.5, keeps: true } } });
    process.on('message', (message) => {
      if (message.type === 'stop') ${answer("ok: true, result: 'what there is'")}
    });`,
  endless: `
    require('node:fs').writeFileSync(request.params.memory + '/pid', String(process.pid));
    process.send({ type: 'event', event: { kind: 'log', line: 'running' } });
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
  kind: JobKind;
  params: JobCalls['profile']['params'];
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
async function run(name: keyof typeof WORKERS, more: Partial<JobSettings> = {}) {
  const lines: string[] = [];
  const progress: unknown[] = [];
  const settings = {
    memory: folder,
    worker: worker(name),
    ...more,
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
    const params = result?.params;
    expect(result?.kind).toBe('profile');
    expect(params).toMatchObject({ options, memory: folder });
    expect(result?.infinite).toBe(Infinity);
    expect(progress).toEqual([{ message: 'half', fraction: 0.5 }]);
    expect([...lines].sort()).toEqual(['logged', 'said on stderr', 'said on stdout']);
    expect(params?.scratch).toContain('caliper-');
    expect(existsSync(params?.scratch ?? '')).toBe(false);
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
    expect((await run('installation')).error).toBeInstanceOf(InstallationError);
    expect((await run('busy')).error).toBeInstanceOf(TooBusyError);
  });

  it('keeps which file, node and byte an error is about', async () => {
    const { error } = await run('placed');
    expect(error).toMatchObject({ file: '/models/cat.bin', node: 'conv 7', offset: 1234 });
  });

  it('tells a mistake in the program from a bad model, with where it happened', async () => {
    const { error, lines } = await run('internal');
    expect(error).not.toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ message: 'x is undefined', stack: 'at line 7' });
    expect(lines).toEqual(['at line 7']);
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

  it('runs what LiteRT’s library does not survive once more without it, and says so', async () => {
    const litert = { library: '/litert.so', environments: ['/env'] };
    const { result, lines } = await run('nativeCrash', { litert });
    expect(result?.params.litert).toMatchObject(litert);
    const { instead } = result?.params.litert ?? {};
    expect(instead).toMatch(
      /^LiteRT’s own library crashed on cat\.tflite \(.+\), so WebAssembly was used instead\.$/,
    );
    expect(lines).toContain(instead);
  });

  it('ends what does not come back from LiteRT’s library', async () => {
    const { result } = await run('nativeHang', { firstStepsLimit: 500 });
    expect(result?.params.litert.instead).toMatch(/did not come to an end on cat\.tflite within 0\.5 s, so/);
  });

  it('ends what does not come back in WebAssembly, with a sentence', async () => {
    const { error } = await run('hang', { firstStepsLimit: 500 });
    expect(error).toBeInstanceOf(ModelError);
    expect((error as Error).message).toMatch(
      /^WebAssembly did not come to an end on cat\.tflite within 0\.5 s/,
    );
  });

  it('does not blame LiteRT’s library for the memory, or for what it refuses', async () => {
    if (process.platform !== 'win32')
      expect(((await run('nativeKilled')).error as Error).message).toMatch(/was killed.*memory/);
    expect(((await run('nativeRefused')).error as Error).message).toBe('It cannot.');
  });

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

  it('tells a child to end with what it has, which it then answers', async () => {
    const stop = new AbortController();
    const ended = runJob('profile', options, {
      memory: folder,
      worker: worker('stops'),
      stop: stop.signal,
      onProgress: ({ keeps }) => {
        if (keeps) stop.abort();
      },
    });
    expect(await ended).toBe('what there is');
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
