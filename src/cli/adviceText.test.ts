import { describe, expect, it } from 'vitest';
import type { AdviceAction } from '../protocol/advice/finding';
import { adviceText } from './adviceText';

const commandOf = (action: AdviceAction) =>
  adviceText([{ rule: 'any', text: 'A sentence.', layers: [], action }], 'a model.onnx', []).split('\n')[2];

describe('the command of a finding', () => {
  it('names the sizes that the model leaves open, as a shell takes them', () => {
    const sizes = { dims: ['height', 'past length'], inputs: ['image'] };
    expect(commandOf({ kind: 'dimensions', label: 'Set sizes', ...sizes })).toBe(
      "  caliper inspect 'a model.onnx' --dim height=VALUE --dim 'past length=VALUE' --shape image=…",
    );
  });
});
