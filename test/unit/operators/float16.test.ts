import path from 'node:path';
import { describe, it } from 'vitest';
import { onnxRuntime } from '../../../src/runtime/onnxruntime';
import { write } from '../rewrite/support';
import { reopen, scratchFolder } from '../support';
import { cases } from './cases';
import { type Case, modelOf } from './single';

/** Each operator alone, made float16: the engine checks types by the specification when it loads the file. */
const folder = scratchFolder();

describe('operators in float16', () => {
  const named = cases
    .filter(({ inputs }) => inputs.some((input) => input?.type === 'float32'))
    // Models that quantize are refused.
    .filter(({ op }) => !/[Qq]uantize|QLinear|QGemm|Integer|NBits/.test(op))
    .map((one, index): [string, Case] => [`${one.op} ${index}`, one]);

  it.each(named)('%s loads', async (name, one) => {
    const target = path.join(folder, `${name}.onnx`);
    const file = reopen(modelOf(one), folder);
    write(file, 'float16', target);
    const session = await onnxRuntime.load(target, { threads: 1, optimization: 'basic' });
    await session.close();
  });
});
