import type { TextModel } from '../../onnxtxt/syntax';
import { graphText, headerText } from '../text';
import type { CoreMlFile } from './file';

/** A program's blocks see the names around them, so they are written inside their operation, as ONNX's branches are. */
export function textOf(file: CoreMlFile): TextModel {
  const source = {
    readTensor: file.readTensor.bind(file),
    bodyName: () => null,
  };
  return { header: headerText(file.model), graph: graphText(file.model.graph, source), functions: [] };
}
