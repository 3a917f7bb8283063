import { describe, expect, it } from 'vitest';
import type { Inference } from '../model/inference';
import { InstallationError, ModelError, TooBusyError, UsageError } from '../model/modelError';
import { withOpenSizes } from './inputs';

function inference(assumedInputs: string[], dims: Inference['dims']): Inference {
  const graph = { name: '', nodes: [], inputs: [], outputs: [], valueInfo: new Map(), constants: new Map() };
  return { assumedInputs, dims, graph: { graph, tensors: new Map(), nodes: [], runs: 1 }, problems: [] };
}

describe('withOpenSizes', () => {
  it('names the sizes that nobody gave', () => {
    const dims = new Map([
      ['batch', { value: 1, assumed: true }],
      ['height', { value: 8, assumed: false }],
    ]);
    const error = new ModelError('It failed.', { file: 'a.onnx', node: 'conv', offset: 12 });
    const explained = withOpenSizes(error, inference(['state'], dims)) as ModelError;
    expect(explained.message).toBe(
      'It failed. Sizes that the file leaves open were taken as 1 (of the input "state", batch): give them if that is wrong.',
    );
    expect(explained).toMatchObject({ file: 'a.onnx', node: 'conv', offset: 12 });
    expect(explained.cause).toBe(error);
  });

  it('leaves other errors as they are', () => {
    const error = new ModelError('It failed.');
    expect(withOpenSizes(error, inference([], new Map([['n', { value: 2, assumed: false }]])))).toBe(error);
    for (const kind of [UsageError, InstallationError, TooBusyError]) {
      const unrelated = new kind('It is no matter of sizes.');
      expect(withOpenSizes(unrelated, inference(['x'], new Map()))).toBe(unrelated);
    }
    const mistake = new TypeError('undefined is not a function');
    expect(withOpenSizes(mistake, inference(['x'], new Map()))).toBe(mistake);
  });
});
