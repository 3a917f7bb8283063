import type { ModelFile } from '../../format';
import { GraphEditor } from './editor';
import { TYPE } from './tensorTypes';

/** `Format.withValues`. */
export function withValues(file: ModelFile, values: ReadonlyMap<string, Float32Array>, target: string): void {
  const editor = new GraphEditor(file);
  for (const [name, own] of values) editor.store(editor.indexOf(name), TYPE.float32, own);
  editor.saveToRun(target);
}
