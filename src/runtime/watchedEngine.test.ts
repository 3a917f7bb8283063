import { describe, expect, it } from 'vitest';
import type { Engine, Session } from './engine';
import { watchedEngine } from './watchedEngine';

const session: Session = { inputs: [], outputs: [], run: async () => ({}), close: async () => {} };
const report = { name: 'LiteRT', version: null, webAssembly: false };

function watched(engine: Engine): { engine: Engine; told: string[] } {
  const told: string[] = [];
  const watch = async (state: string, model: string, webAssembly: boolean) =>
    void told.push(`${state} ${model} ${webAssembly}`);
  return { engine: watchedEngine(engine, watch), told };
}

describe('the first steps of a model on an engine', () => {
  it('are loading and the first run, of which is told before and after', async () => {
    const { engine, told } = watched({ name: 'it', reports: [report], load: async () => session });
    const loaded = await engine.load('/models/cat.tflite', { threads: 1 });
    await loaded.run({});
    await loaded.run({});
    const once = ['begins cat.tflite false', 'ends cat.tflite false'];
    expect(told).toEqual([...once, ...once]);
  });

  it('have ended when they failed', async () => {
    const load = () => Promise.reject(new Error('no such operator'));
    const { engine, told } = watched({ name: 'it', reports: [{ ...report, webAssembly: true }], load });
    await expect(engine.load('/models/cat.tflite', { threads: 1 })).rejects.toThrow('no such operator');
    expect(told).toEqual(['begins cat.tflite true', 'ends cat.tflite true']);
  });
});
