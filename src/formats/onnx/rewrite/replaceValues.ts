import { present } from '../../../model/assert';
import type { ModelFile } from '../../format';
import { makeFloatTensor } from '../writing/make';
import { GraphEditor } from './editor';
import { shapeOf } from './protos';

/** `Observing.replaceValues`. */
export function replaceValues(
  cleaned: ModelFile,
  values: ReadonlyMap<string, Float32Array>,
  names: ReadonlyMap<string, string>,
  target: string,
): void {
  const editor = new GraphEditor(cleaned);
  for (const [name, own] of values) {
    const tensor = present(editor.constant(name), `stored tensor ${name}`);
    const to = names.get(name);
    const target = to === undefined ? name : editor.uniqueName(to);
    editor.setConstant(makeFloatTensor(target, shapeOf(tensor), own));
    if (target === name) continue;
    editor.replaceUses(name, target);
    editor.removeConstant(name);
  }
  for (const info of editor.graph.valueInfo) info.name = names.get(info.name) ?? info.name;
  for (const [from, to] of names) {
    if (values.has(from)) continue;
    const maker = present(editor.producer(from), `node that gives ${from}`);
    const name = editor.uniqueName(to);
    editor.setOutput(maker, maker.output.indexOf(from), name);
    editor.replaceUses(from, name);
  }
  editor.save(target);
}
