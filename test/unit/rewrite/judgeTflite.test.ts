import { describe, expect, it } from 'vitest';
import { numberedPaths } from '../../../src/evaluation/bench';
import { Judge } from '../../../src/evaluation/judge';
import type { Samples } from '../../../src/evaluation/samples';
import { scoresSqnr } from '../../../src/evaluation/scoresSqnr';
import type { TfliteFile } from '../../../src/formats/tflite/file';
import { tflite } from '../../../src/formats/tflite/format';
import { itemAt } from '../../../src/model/assert';
import { adaptedEngine } from '../../../src/runtime/adaptedEngine';
import type { Feeds } from '../../../src/runtime/engine';
import { modelInputs } from '../../../src/runtime/inputs';
import { litert } from '../../../src/runtime/litert';
import { seededNormal } from '../../../src/runtime/random';
import { scratchFolder } from '../support';
import { makeTflite, reopenTflite } from '../tflite';
import { isOf, quantized, randomFeeds } from './tfliteQuantizing';

const folder = scratchFolder();
const normal = seededNormal(4);
const dims = { dims: {}, shapes: {} };

/** A classifier, whose Softmax computes in integers once it is quantized, and gives them to a conversion to float. */
function classifier(): TfliteFile {
  const numbers = (...shape: number[]) => ({
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => normal()),
  });
  const graph = {
    inputs: ['x'],
    outputs: ['y'],
    tensors: {
      x: { shape: [1, 16] },
      w: numbers(10, 16),
      b: numbers(10),
      logits: { shape: [1, 10] },
      y: { shape: [1, 10] },
    },
    operators: [
      {
        op: 'FULLY_CONNECTED',
        inputs: ['x', 'w', 'b'],
        outputs: ['logits'],
        options: { table: 'FullyConnectedOptions' },
      },
      { op: 'SOFTMAX', inputs: ['logits'], outputs: ['y'], options: { table: 'SoftmaxOptions', beta: 1 } },
    ],
  };
  return reopenTflite(makeTflite(graph), folder);
}

function benchOf(file: TfliteFile) {
  const open = (path: string) => tflite.open(path);
  return { engine: litert, open, threads: 1, newPath: numberedPaths(folder, file.model.file) };
}

const samplesOf = (feeds: readonly Feeds[]): Samples => ({
  name: 'test',
  size: feeds.length,
  labels: null,
  feeds: async (index) => itemAt(feeds, index),
});

describe('a classifier in integers', () => {
  it('is judged by what goes into its Softmax', async () => {
    const float = classifier();
    const feeds = randomFeeds(float);
    const bench = benchOf(float);
    const judge = new Judge(bench, float, dims, samplesOf(feeds));
    expect(judge.tensors).toEqual(['logits']);
    const scores = [];
    for (const kind of ['int8', 'int16'] as const) {
      const { file } = await quantized(float, isOf(kind), feeds, folder);
      scores.push(await judge.score(file.path));
    }
    const [narrow, wide] = [itemAt(scores, 0), itemAt(scores, 1)];
    expect(narrow.decibels).toBeGreaterThan(25);
    expect(narrow.decibels).toBeLessThan(60);
    expect(wide.decibels).toBeGreaterThan(narrow.decibels + 5);
  });

  it('has its scores reported as they are judged', async () => {
    const float = classifier();
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, isOf('int8'), feeds, folder);
    const bench = benchOf(float);
    const samples = samplesOf(feeds);
    const { decibels } = await new Judge(bench, float, dims, samples).score(file.path);
    const engine = adaptedEngine(modelInputs(float.infer(dims).graph), [litert], () => litert);
    const { scoresSqnrDb } = await scoresSqnr({ ...bench, engine }, float, file, dims, samples);
    expect(scoresSqnrDb).toBeCloseTo(decibels, 6);
  });
});
