import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../../src/analysis/inspect';
import { openModel } from '../../../src/formats';
import { makeNode, makeValueInfo } from '../../../src/formats/onnx/writing/make';
import { parseText } from '../../../src/onnxtxt/parser';
import { adaptFeeds } from '../../../src/runtime/adaptFeeds';
import { feedsFrom } from '../../../src/runtime/feeds';
import { onnxRuntime } from '../../../src/runtime/onnxruntime';
import { seededRandom } from '../../../src/runtime/random';
import { encode, MIL, operation, program } from '../coreml';
import { openAsPage, openAsPython, openAsText } from '../fuzz/questions';
import { analyze } from '../source';
import { makeModel, reopen, scratchFolder } from '../support';
import { makeTflite, reopenTflite } from '../tflite';

const TRIALS = path.resolve(import.meta.dirname, '../../trials/hostile');
const folder = scratchFolder();

/** Names that every object of JavaScript knows, so that a table that is one seems to have them. */
const NAMES = Object.getOwnPropertyNames(Object.prototype);
const given = (entries: [string, number[]][]) => Object.fromEntries(entries);

describe('files that once crashed', () => {
  const random = seededRandom(1);
  it.each(['input_constructor_no_shape.onnx', 'mlmodel-1360.mlmodel', 'mlmodel-1002990.mlmodel'])(
    '%s is shown',
    (name) => openAsPage(path.join(TRIALS, name), random),
  );
  it('text-1054469.onnxtxt is shown', () => openAsText(path.join(TRIALS, 'text-1054469.onnxtxt'), random));
  it('math_valueOf.py is read, and its layer has unknown parameters', async () => {
    await openAsPython(path.join(TRIALS, 'math_valueOf.py'));
    const { calls } = await analyze('import math\nimport torch.nn as nn\nnn.Linear(math.valueOf(3), 4)\n');
    expect(calls[0]?.instances[0]?.parameters).toBeNull();
  });
});

describe.each(NAMES)('%s is a name', (name) => {
  it('of an operator, an attribute, a tensor and a dimension of an ONNX file', () => {
    const file = reopen(
      makeModel({
        node: [
          makeNode(name, [name], ['t'], given([[name, [1]]]), { name }),
          makeNode('Identity', ['x'], ['y'], {}, { name: 'last' }),
        ],
        input: [makeValueInfo(name, 'float32', [name, 2]), makeValueInfo('x', 'float32', [name, 3])],
        output: [makeValueInfo('y', 'float32', [name, 3])],
      }),
      folder,
    );
    const { inputs, outputs, layers, dims, totals } = inspect(file, { dims: {}, shapes: {} });
    expect(inputs[0]).toMatchObject({ name, shape: [1, 2] });
    expect(outputs[0]?.shape).toEqual([1, 3]);
    expect(layers[0]).toMatchObject({ op: name, macs: null, outputs: [{ shape: null }] });
    expect(Object.entries(dims)).toEqual([[name, { value: 1, assumed: true }]]);
    expect(totals.macs).toBeNull();
    const chosen = inspect(file, { dims: given([[name, 5 as unknown as number[]]]) as never, shapes: {} });
    expect(chosen.outputs[0]?.shape).toEqual([5, 3]);
    openAsPage(file.path, seededRandom(1));
  });

  it('of a custom operator and its tensors in a .tflite', () => {
    const file = reopenTflite(
      makeTflite({
        tensors: { ...Object.fromEntries([[name, { shape: [2] }]]), y: { shape: [2] } },
        inputs: [name],
        outputs: ['y'],
        operators: [{ op: name, inputs: [name], outputs: ['y'] }],
      }),
      folder,
    );
    const { layers, inputs } = inspect(file, { dims: {}, shapes: {} });
    expect(inputs[0]?.name).toBe(name);
    expect(layers[0]).toMatchObject({ op: name, macs: null });
    openAsPage(file.path, seededRandom(1));
  });

  it('of an operation and its parameters in an ML Program', () => {
    const inputs = Object.fromEntries([[name, 'x']]);
    const written = path.join(folder, `${NAMES.indexOf(name)}.mlmodel`);
    const made = program(
      [operation(name, inputs, [['y', MIL.float32, [1, 8]]], {}, [{ outputs: ['x'] }])],
      [['x', [1, 8]]],
      ['y'],
    );
    writeFileSync(written, encode(made));
    expect(inspect(openModel(written), { dims: {}, shapes: {} }).layers[0]).toMatchObject({ op: name });
    openAsPage(written, seededRandom(1));
  });

  it('of an operator in a text, and of no function of Python', async () => {
    const { model } = parseText(`g (float[${name}] x) => (float y) { y = ${name} <${name} = 1> (x) }`);
    expect([...model.graph.nodes][0]?.op).toBe(name);
    const source = `import math, numpy\nimport torch.nn as nn\nnn.Linear(math.${name}(3), numpy.${name}(2))\n`;
    const { calls } = await analyze(source);
    expect(calls[0]?.instances[0]?.parameters).toBeNull();
  });
});

describe('inputs of a run', () => {
  const names = NAMES.filter((name) => name !== '__proto__');
  const tensor = { type: 'float32', shape: [1], data: Float32Array.from([2]) } as const;
  const signature = (name: string) => ({ name, type: 'float32', shape: [1] }) as const;

  it('have such names, and are not there where nobody gave them', async () => {
    const { path: model } = reopen(
      makeModel({
        node: [makeNode('Sum', names, ['toString_'], {}, {})],
        input: names.map((name) => makeValueInfo(name, 'float32', [1])),
        output: [makeValueInfo('toString_', 'float32', [1])],
      }),
      folder,
    );
    const session = await onnxRuntime.load(model, { threads: 1 });
    const feeds = feedsFrom(names.map((name) => [name, tensor]));
    expect((await session.run(feeds))['toString_']?.data).toEqual(Float32Array.from([2 * names.length]));
    await expect(session.run(feedsFrom())).rejects.toThrow(/was not given/);
    await session.close();
  });

  it.each(NAMES)('are matched by the name %s', (name) => {
    const feeds = adaptFeeds(feedsFrom([[name, tensor]]), [signature(name)], [signature(name)], 'm.onnx');
    expect(feeds[name]?.data).toBe(tensor.data);
    expect(feedsFrom()[name]).toBeUndefined();
  });
});
