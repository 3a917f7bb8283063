import type { ModelFile } from '../../format';
import { GraphEditor } from './editor';
import { TYPE } from './tensorTypes';

/** `Observing.replaceValues`. */
export function replaceValues(
  cleaned: ModelFile,
  values: ReadonlyMap<string, Float32Array>,
  names: ReadonlyMap<string, string>,
  target: string,
): void {
  const editor = new GraphEditor(cleaned);
  for (const [name, own] of values) editor.store(editor.indexOf(name), TYPE.float32, own);
  for (const [from, to] of names) editor.rename(editor.indexOf(from), to);
  editor.save(target);
}
