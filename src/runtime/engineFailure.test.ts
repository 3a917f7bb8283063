import { expect, it } from 'vitest';
import { ModelError } from '../model/modelError';
import type { Engine, Session } from './engine';
import { withSentences } from './engineFailure';
import { describeTfliteFailure } from './tfliteErrors';

const trap = () => Promise.reject(new WebAssembly.RuntimeError('memory access out of bounds'));
const SENTENCE =
  'LiteRT cannot run bad.tflite: the engine itself failed on it (memory access out of bounds), because the file is damaged or the engine has a fault.';

function engine(load: Engine['load']): Engine {
  const describe = (path: string, error: unknown) => describeTfliteFailure('LiteRT', path, [], error);
  return withSentences({ name: 'LiteRT', load }, describe);
}

const trapping: Session = { inputs: [], outputs: [], run: trap, invoke: trap, time: trap, close: trap };

it('says that the engine failed on the file, wherever it does', async () => {
  await expect(engine(trap).load('folder/bad.tflite', { threads: 1 })).rejects.toThrow(SENTENCE);
  const session = await engine(async () => trapping).load('folder/bad.tflite', { threads: 1 });
  const { run, invoke, time, close } = session;
  const calls = [() => run({}), () => invoke?.({}), () => time?.({}), () => close()];
  for (const call of calls) {
    const error = await call()?.then(null, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect(String(error)).toContain(SENTENCE);
  }
});

it('gives on what the engine says itself', async () => {
  const said = () => Promise.reject(new ModelError('It has no such operator.'));
  await expect(engine(said).load('bad.tflite', { threads: 1 })).rejects.toThrow('It has no such operator.');
  const bare: Session = { inputs: [], outputs: [], run: async () => ({}), close: async () => {} };
  const session = await engine(async () => bare).load('good.tflite', { threads: 1 });
  expect(await session.run({})).toEqual({});
  expect([session.invoke, session.time]).toEqual([undefined, undefined]);
});
