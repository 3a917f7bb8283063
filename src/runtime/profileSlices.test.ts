import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectFit } from '../../test/unit/rows';
import { SAMPLE_TFLITE, scratchFolder } from '../../test/unit/support';
import { openModel } from '../formats/index';
import { slices } from '../formats/tflite/slices';
import { ModelError } from '../model/modelError';
import type { Feeds, RuntimeTensor } from './engine';
import { modelInputs } from './inputs';
import { litert } from './litert';
import { profileModel } from './profile';
import { profileSlices } from './profileSlices';
import { randomFeeds } from './randomInputs';

const folder = scratchFolder();
const file = openModel(SAMPLE_TFLITE);
const { nodes } = file.model.graph;
const inferred = file.infer({ dims: {}, shapes: {} }).graph;
const feeds = randomFeeds(modelInputs(inferred), new Map(), 5);

describe('layers that run alone', () => {
  it('give what they give in the whole model', async () => {
    const session = await litert.load(SAMPLE_TFLITE, { threads: 1 });
    const whole = await session.run(feeds);
    await session.close();
    // Each is fed what the ones before it gave, so the last one gives the model's output if all of them are right.
    const values: Feeds = { ...feeds };
    for (const [at, { inputs, write }] of slices(file).entries()) {
      const path = join(folder, `slice-${at}.tflite`);
      const given = Object.fromEntries(inputs.map((name) => [name, values[name] as RuntimeTensor]));
      write(path, new Map(inputs.map((name) => [name, values[name]?.shape ?? []])));
      expect(openModel(path).model.graph.nodes.map(({ op }) => op)).toEqual([nodes[at]?.op]);
      const slice = await litert.load(path, { threads: 1 });
      Object.assign(values, await slice.run(given));
      await slice.close();
    }
    for (const [name, { data }] of Object.entries(whole)) expect(values[name]?.data).toEqual(data);
  });

  it('are timed, scaled to the whole model, and say so', async () => {
    const trace = join(folder, 'trace.json');
    const report = await profileModel(litert, file, inferred, feeds, {
      threads: 1,
      runs: 3,
      seed: 1,
      scratch: folder,
      trace,
      inputs: 'random',
      onProgress: () => {},
    });
    expect(report.engine).toBe('LiteRT (WebAssembly) 2.5.3, this computer');
    expect(report.layers.map(({ name, op }) => [name, op])).toEqual(nodes.map(({ name, op }) => [name, op]));
    for (const { name, medianMs } of report.layers) expect(medianMs, name).toBeGreaterThan(0);
    expectFit(report, report.latencyMs.median);
    expect(report.notes?.join()).toMatch(/on a phone.*Each layer was timed alone/);
    const [, ...events] = JSON.parse(readFileSync(trace, 'utf8')) as {
      name: string;
      ts: number;
      dur: number;
    }[];
    expect(events.map(({ name }) => name)).toEqual(nodes.map(({ name }) => name));
    events.slice(1).forEach(({ ts }, at) => {
      expect(ts).toBeCloseTo((events[at]?.ts ?? 0) + (events[at]?.dur ?? 0), 6);
    });
  });

  it('are left out where they do not run alone, and the others take their share', async () => {
    const [first, second = first, ...others] = slices(file);
    if (first === undefined || second === undefined) throw new Error('The sample has layers.');
    // As where an engine cannot run a node without its neighbours.
    const stuck: typeof first = {
      nodes: second.nodes,
      inputs: second.inputs,
      write: () => {
        throw new ModelError('It cannot be written.');
      },
    };
    const settings = { threads: 1, runs: 3, scratch: folder };
    const profile = await profileSlices(litert, file, [first, stuck, ...others], inferred, feeds, settings);
    const [one, two] = profile.layers;
    expect(one?.medianMs).toBeGreaterThan(0);
    expect(two).toMatchObject({ medianMs: null, share: null, fusedInto: 'nothing: it does not run alone' });
    expectFit(profile, profile.medianMs ?? Number.NaN);
    expect(profile.notes?.join()).toMatch(/1 layer could not be run alone/);
  });
});
