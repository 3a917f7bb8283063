import type { ModelFile } from '../../format';
import type { RoundingNames } from '../../rewriter';
import { makeNode, makeValueInfo } from '../writing/make';
import { GraphEditor } from './editor';

/** `Observing.withRounding`. */
export function withRounding(
  file: ModelFile,
  tensors: readonly string[],
  target: string,
): Map<string, RoundingNames> {
  const editor = new GraphEditor(file);
  const names = new Map<string, RoundingNames>();
  for (const tensor of tensors) {
    const name = (purpose: string) => editor.uniqueName(`${tensor}_${purpose}`);
    const inputs = { min: name('least'), max: name('most'), step: name('step'), share: name('share') };
    const [clipped, steps, whole, rounded, error, part, result] = [
      name('clipped'),
      name('steps'),
      name('whole'),
      name('rounded'),
      name('error'),
      name('part'),
      name('with_error'),
    ] as const;
    const nodes = [
      makeNode('Clip', [tensor, inputs.min, inputs.max], [clipped], {}, { name: clipped }),
      makeNode('Div', [clipped, inputs.step], [steps], {}, { name: steps }),
      makeNode('Round', [steps], [whole], {}, { name: whole }),
      makeNode('Mul', [whole, inputs.step], [rounded], {}, { name: rounded }),
      makeNode('Sub', [rounded, tensor], [error], {}, { name: error }),
      makeNode('Mul', [error, inputs.share], [part], {}, { name: part }),
      makeNode('Add', [tensor, part], [result], {}, { name: result }),
    ];
    const readers = editor.consumers(tensor);
    const maker = editor.producer(tensor);
    if (readers.length === 0) continue;
    for (const reader of readers)
      for (const [index, input] of reader.input.entries())
        if (input === tensor) editor.setInput(reader, index, result);
    if (maker === undefined) editor.prepend(...nodes);
    else editor.insertAfter(maker, ...nodes);
    for (const input of Object.values(inputs)) editor.graph.input.push(makeValueInfo(input, 'float32', []));
    names.set(tensor, inputs);
  }
  editor.save(target);
  return names;
}
