import { describe, expect, it } from 'vitest';
import { transpose } from './transpose';

describe('transposing', () => {
  it('puts every element where its axes went', () => {
    const shape = [2, 3, 4, 5];
    // Each element is the number of its own position.
    const data = Float32Array.from({ length: 120 }, (_, at) => at);
    const result = transpose({ type: 'float32', shape, data }, [2, 0, 3, 1]);
    expect(result?.shape).toEqual([4, 2, 5, 3]);
    for (let a = 0; a < 2; a++)
      for (let b = 0; b < 3; b++)
        for (let c = 0; c < 4; c++)
          for (let d = 0; d < 5; d++)
            expect(result?.data[((c * 2 + a) * 5 + d) * 3 + b]).toBe(((a * 3 + b) * 4 + c) * 5 + d);
  });

  it('leaves what has another number of axes, or no elements to move', () => {
    const data = Float32Array.of(7);
    expect(transpose({ type: 'float32', shape: [1, 1], data }, [0])).toBeNull();
    expect(transpose({ type: 'float32', shape: [], data }, [])?.data).toEqual(data);
    const empty = { type: 'int64' as const, shape: [0, 2], data: new BigInt64Array() };
    expect(transpose(empty, [1, 0])).toEqual({ ...empty, shape: [2, 0] });
  });
});
