import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aboutTheModel, numberedPaths } from '../../../src/evaluation/bench';
import { onnx } from '../../../src/formats/onnx/format';
import { makeNode, makeValueInfo } from '../../../src/formats/onnx/writing/make';
import { writeModel } from '../../../src/formats/onnx/writing/writer';
import type { ModelError } from '../../../src/model/modelError';
import { onnxRuntime } from '../../../src/runtime/onnxruntime';
import { decibels, feedsFor, run, withSession } from '../rewrite/support';
import { makeModel, scratchFolder } from '../support';
import { quantized, trial } from './quantizing';

const folder = scratchFolder();

describe('models that the engine does not load as they are', () => {
  it('small integers beside the model: it runs as with all of them in it', async () => {
    const model = trial('onnx/external_split_sizes.onnx');
    const whole = join(folder, 'whole.onnx');
    // Written to another folder everything is inline.
    onnx.open(model).write(whole);
    const feeds = await withSession(whole, async (session) => feedsFor(session, {}, 4));
    expect(decibels(await run(whole, feeds), await run(model, feeds))).toBe(Number.POSITIVE_INFINITY);
    const { report } = await quantized(model, 'int8-all');
    expect(report.accuracy?.sqnrDb).toBeGreaterThan(25);
  });

  it.each(['float32', 'int8-dynamic'] as const)('bfloat16, as %s: the sentence names it', async (recipe) => {
    const model = trial('onnx/bfloat16.onnx');
    const sentence = /bfloat16, such as the node "mm", .*export it in float32 or float16/;
    await expect(onnxRuntime.load(model, { threads: 1 })).rejects.toThrow(sentence);
    await expect(quantized(model, recipe)).rejects.toThrow(sentence);
  });
});

describe('messages about copies that are made on the way', () => {
  it('name the file of the user and the node', async () => {
    const copy = numberedPaths(folder, '/home/me/my model.onnx')('ranges');
    const node = makeNode('Crop', ['x'], ['y'], { border: [0, 0, 0, 0] }, { name: 'crop' });
    const input = makeValueInfo('x', 'float32', [1, 1, 2, 2]);
    const output = { name: 'y', type: { tensorType: { elemType: 1 } } };
    writeModel(makeModel({ name: 'g', node: [node], input: [input], output: [output] }), copy);
    const error = await onnxRuntime.load(copy, { threads: 1 }).catch((one: unknown) => one);
    const told = aboutTheModel(error, folder, '/home/me/my model.onnx') as ModelError;
    expect(told.file).toBe('/home/me/my model.onnx');
    expect(told.message).toMatch(/^A copy of my model\.onnx, made in order to quantize it, failed: .*Crop/);
    expect(told.message).not.toMatch(/ranges|\d{3}-/);
    expect(aboutTheModel(new Error('else'), folder, 'm.onnx')).toEqual(new Error('else'));
  });
});
