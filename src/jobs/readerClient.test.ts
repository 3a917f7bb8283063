import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ModelError } from '../model/modelError';
import { Reader, ReaderStopped } from './readerClient';

const folder = mkdtempSync(path.join(tmpdir(), 'caliper-reader-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A thread that answers as the line of code says; `request` and `workerData` are in sight. */
function reader(answer: string): Reader {
  const script = path.join(folder, `${Math.floor(performance.now() * 1000)}.cjs`);
  writeFileSync(
    script,
    `const { parentPort, workerData, threadId } = require('node:worker_threads');
     parentPort.on('message', (request) => { ${answer} });`,
  );
  return new Reader(script, 'some.onnx');
}

const CHOICE = { choice: { dims: {}, shapes: {} } };
const readers: Reader[] = [];
const start = (answer: string) => {
  const made = reader(answer);
  readers.push(made);
  return made;
};
afterEach(() => {
  for (const one of readers.splice(0)) one.stop();
});

describe('the reading thread', () => {
  it('is given the path and gives each question its answer, whatever their order', async () => {
    const slowFirst = start(`
      const reply = () => parentPort.postMessage({ type: 'response', id: request.id, ok: true, result: [workerData, request.kind] });
      request.kind === 'open' ? setTimeout(reply, 50) : reply();`);
    const [first, second] = await Promise.all([
      slowFirst.ask('open', CHOICE),
      slowFirst.ask('rows', { ...CHOICE, from: 0, to: 1 }),
    ]);
    expect(first).toEqual(['some.onnx', 'open']);
    expect(second).toEqual(['some.onnx', 'rows']);
  });

  it('tells what is wrong with the file from what is wrong with us', async () => {
    const fails = start(`parentPort.postMessage(
      { type: 'response', id: request.id, ok: false, error: {
        kind: request.kind === 'open' ? 'model' : 'internal', message: 'Broken.', offset: 12, detail: 'at x' } });`);
    const broken = await fails.ask('open', CHOICE).catch((error) => error);
    expect(broken).toBeInstanceOf(ModelError);
    expect(broken).toMatchObject({ message: 'Broken.', offset: 12 });
    const defect = await fails.ask('rows', { ...CHOICE, from: 0, to: 1 }).catch((error) => error);
    expect(defect).not.toBeInstanceOf(ModelError);
    expect(defect.stack).toBe('at x');
  });

  it('rejects what waits when it is stopped, even in the middle of endless work, and starts again', async () => {
    const stuck = start(`
      if (request.kind === 'open') for (;;);
      parentPort.postMessage({ type: 'response', id: request.id, ok: true, result: threadId });`);
    const endless = stuck.ask('open', CHOICE);
    stuck.stop('The file has changed.');
    await expect(endless).rejects.toThrow(new ReaderStopped('The file has changed.'));
    expect(await stuck.ask('rows', { ...CHOICE, from: 0, to: 1 })).toBeGreaterThan(0);
  });

  it('rejects what waits when the thread crashes, and starts again', async () => {
    const crashes = start(`
      if (request.kind === 'open') throw new Error('Crashed.');
      parentPort.postMessage({ type: 'response', id: request.id, ok: true, result: 'fine' });`);
    await expect(crashes.ask('open', CHOICE)).rejects.toThrow('Crashed.');
    expect(await crashes.ask('rows', { ...CHOICE, from: 0, to: 1 })).toBe('fine');
  });
});
