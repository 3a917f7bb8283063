import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../support';
import { cases } from './cases';
import { infer } from './infer';
import { type Case, modelOf, run } from './single';

/** Each operator alone, against what the engine gives: types, shapes and, where they are followed, elements. */
const folder = scratchFolder();

describe('operators against ONNX Runtime', () => {
  const seen = new Map<string, number>();
  const named = cases.map((one): [string, Case] => {
    const count = (seen.get(one.op) ?? 0) + 1;
    seen.set(one.op, count);
    return [`${one.op} ${count}`, one];
  });

  it.each(named)('%s', async (_, one) => {
    const model = modelOf(one);
    const expected = await run(model, one.inputs);
    const inferred = infer(model, folder);
    expect(inferred.problems).toEqual([]);
    for (const [name, tensor] of Object.entries(expected)) {
      const output = inferred.outputs(name);
      expect([name, output.type]).toEqual([name, tensor.type]);
      if (one.open && output.shape?.includes(null)) {
        expect(output.shape).toHaveLength(tensor.dims.length);
        output.shape.forEach((length, axis) => {
          if (length !== null) expect(length).toBe(tensor.dims[axis]);
        });
      } else expect(output.shape).toEqual(tensor.dims);
      output.elements?.forEach((element, index) => {
        if (!Number.isNaN(element)) expect(element).toBeCloseTo(Number(tensor.data[index]), 5);
      });
    }
    expect(inferred.node?.macs).not.toBeNull();
  });
});
