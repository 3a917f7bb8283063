import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openModel } from '../../src/formats';
import { onnx } from '../../src/formats/onnx/format';
import { scratchFolder } from './support';
import { quantized, trial } from './trials/quantizing';

/** Formats of which no engine runs models here, as Core ML off macOS: ONNX stands for one. */
const CANNOT_RUN = 'No engine here runs such models.';
Object.defineProperty(onnx, 'cannotRun', { value: CANNOT_RUN });
vi.mock('../../src/runtime/engines', () => ({
  engineFor: () => {
    throw new Error('An engine was asked for.');
  },
}));

const folder = scratchFolder();
const model = trial('onnx/float16_celu.onnx');

it.each(['float32', 'float16', 'int8-dynamic'] as const)('%s needs no engine', async (recipe) => {
  const source = recipe === 'int8-dynamic' ? trial('onnx/vit_class_token.onnx') : model;
  const output = join(folder, `${recipe}.onnx`);
  const { report } = await quantized(source, recipe, { output });
  expect(report).toMatchObject({ accuracy: null, latencyMs: null, engine: null, recipe });
  expect(report.warnings).toContain(`The result was not run: ${CANNOT_RUN}`);
  const types = [...openModel(output).model.graph.constants.values()].map(({ type }) => type);
  const expected = { float32: 'float32', float16: 'float16', 'int8-dynamic': 'int8' }[recipe];
  expect(types).toContain(expected);
});

it('int8 does, and says so before anything is written', async () => {
  const output = join(folder, 'int8.onnx');
  await expect(quantized(trial('onnx/resize_10_to_7.onnx'), 'int8-all', { output })).rejects.toThrow(
    `The recipe int8-all takes the ranges of values from runs of the model. ${CANNOT_RUN}`,
  );
  expect(existsSync(output)).toBe(false);
});
