import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/evaluation/data/openDataset';
import { onnx } from '../../../src/formats/onnx/format';
import { withOutputs } from '../../../src/formats/onnx/rewrite/observe';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../../src/formats/onnx/writing/make';
import { modelInputs } from '../../../src/runtime/inputs';
import { onnxRuntime } from '../../../src/runtime/onnxruntime';
import { write } from '../rewrite/support';
import { makeModel, reopen, scratchFolder } from '../support';
import { quantized, trial } from './quantizing';

const folder = scratchFolder();
const typesOf = (path: string) => onnx.open(path).infer({ dims: {}, shapes: {} }).graph.tensors;

describe('float16, of models that float16 does not serve throughout', () => {
  it('leaves Celu in float32, which has no float16 in operator set 17', async () => {
    const { kept, report } = await quantized(trial('onnx/float16_celu.onnx'), 'float16');
    expect([...kept]).toEqual([['celu', 'Celu does not take float16']]);
    expect(report.accuracy?.sqnrDb).toBeGreaterThan(50);
  });

  it('leaves the statistics of LayerNormalization in float32, and the rest of it not', async () => {
    const { output, report } = await quantized(trial('onnx/float16_layernorm_statistics.onnx'), 'float16');
    const [node] = (onnx.open(output).proto.graph?.node ?? []).filter(
      ({ opType }) => opType === 'LayerNormalization',
    );
    const types = typesOf(output);
    expect(node?.output.map((name) => types.get(name)?.type)).toEqual(['float16', 'float32', 'float32']);
    expect(report.accuracy?.sqnrDb).toBeGreaterThan(50);
  });

  it.each(['LSTM', 'GRU', 'RNN'])('leaves a bidirectional %s in float32', (op) => {
    const gates = { LSTM: 4, GRU: 3, RNN: 1 }[op] ?? 1;
    const node = makeNode(op, ['x', 'w', 'r'], ['y'], { hidden_size: 4, direction: 'bidirectional' });
    const zeros = (name: string, shape: number[]) =>
      makeFloatTensor(name, shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(0.1));
    const file = reopen(
      makeModel({
        name: 'g',
        node: [node],
        initializer: [zeros('w', [2, 4 * gates, 6]), zeros('r', [2, 4 * gates, 4])],
        input: [makeValueInfo('x', 'float32', [3, 1, 6])],
        output: [{ name: 'y', type: { tensorType: { elemType: 1 } } }],
      }),
      folder,
    );
    const target = join(folder, `${op}.onnx`);
    const { kept } = write(file, 'float16', target);
    expect([...kept]).toEqual([['y', `ONNX Runtime does not run a bidirectional ${op} in float16 safely`]]);
    const types = typesOf(target);
    expect(['w', 'r', 'y'].map((name) => types.get(name)?.type)).toEqual(['float32', 'float32', 'float32']);
  });

  it('leaves in float32 a factor of which one channel vanishes, and not weights of which a few do', () => {
    const file = reopen(
      makeModel({
        name: 'g',
        node: [
          makeNode('MatMul', ['x', 'w'], ['a'], {}, { name: 'product' }),
          makeNode('Mul', ['a', 'factors'], ['y'], {}, { name: 'factor' }),
        ],
        initializer: [
          makeFloatTensor('w', [2, 2], [1, 1e-9, 0.5, 1]),
          makeFloatTensor('factors', [2], [1, 1e-9]),
        ],
        input: [makeValueInfo('x', 'float32', [1, 2])],
        output: [{ name: 'y', type: { tensorType: { elemType: 1 } } }],
      }),
      folder,
    );
    const { kept } = write(file, 'float16', join(folder, 'factors.onnx'));
    expect([...kept]).toEqual([['factor', 'values of factors are too small for float16']]);
  });

  it('leaves in float32 what overflows on the data, which an engine that computes in float32 does not show', async () => {
    const model = trial('onnx/float16_overflow_rms.onnx');
    const data = { path: trial('onnx/float16_overflow_rms.data'), labels: null, labelOffset: 0 };
    const { output, kept } = await quantized(model, 'float16', { calibration: data });
    expect([...kept.values()].join()).toMatch(/past float16's 65,504/);
    // Read as float16, no tensor that the file holds in float16 has an infinity, or zeros alone.
    const file = onnx.open(output);
    const halves = [...typesOf(output)].flatMap(([name, { type, constant }]) =>
      type === 'float16' && !constant ? [name] : [],
    );
    const observed = join(folder, 'observed.onnx');
    withOutputs(file, halves, observed);
    const dataset = await openDataset(data, null, modelInputs(file.infer({ dims: {}, shapes: {} }).graph));
    const session = await onnxRuntime.load(observed, { threads: 1 });
    for (let sample = 0; sample < dataset.size; sample++) {
      const values = await session.run(await dataset.feeds(sample), halves);
      for (const name of halves) {
        const bits = values[name]?.data as Uint16Array;
        expect([name, bits.some((half) => (half & 0x7fff) >= 0x7c00)]).toEqual([name, false]);
        expect([name, bits.every((half) => (half & 0x7fff) === 0)]).toEqual([name, false]);
      }
    }
    await session.close();
  });
});
