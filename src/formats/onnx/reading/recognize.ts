import { looksLike } from '../../protobuf/recognize';
import { ModelProtoSchema } from '../onnx_pb';

const EVIDENCE: ReadonlySet<string> = new Set(['ir_version', 'graph', 'opset_import']);

/** Whether the first bytes of a file look like a ModelProto with a version, a graph or an operator set. */
export function looksLikeOnnx(head: Uint8Array): boolean {
  return looksLike(ModelProtoSchema, head, 'ir_version', (field) => EVIDENCE.has(field.name));
}
