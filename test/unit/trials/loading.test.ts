import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OnnxFile } from '../../../src/formats/onnx/file';
import { onnxRuntime } from '../../../src/runtime/onnxruntime';
import { decibels, feedsFor, run, withSession } from '../rewrite/support';
import { scratchFolder } from '../support';
import { quantized, trial } from './quantizing';

const folder = scratchFolder();

describe('models that the engine does not load as they are', () => {
  it('small integers beside the model: it runs as with all of them in it', async () => {
    const model = trial('onnx/external_split_sizes.onnx');
    const whole = join(folder, 'whole.onnx');
    // Written to another folder everything is inline.
    OnnxFile.open(model).write(whole);
    const feeds = await withSession(whole, async (session) => feedsFor(session, {}, 4));
    expect(decibels(await run(whole, feeds), await run(model, feeds))).toBe(Number.POSITIVE_INFINITY);
    const { report } = await quantized(model, 'int8-all');
    expect(report.accuracy.sqnrDb).toBeGreaterThan(25);
  });

  it.each(['float32', 'int8-dynamic'] as const)('bfloat16, as %s: the sentence names it', async (recipe) => {
    const model = trial('onnx/bfloat16.onnx');
    const sentence = /bfloat16, such as the node "mm", .*export it in float32 or float16/;
    await expect(onnxRuntime.load(model, { threads: 1 })).rejects.toThrow(sentence);
    await expect(quantized(model, recipe)).rejects.toThrow(sentence);
  });
});
