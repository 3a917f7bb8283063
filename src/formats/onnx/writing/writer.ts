import { toBinary } from '@bufbuild/protobuf';
import { ModelError } from '../../../model/modelError';
import { joined, sizeOf } from '../../pieces';
import { writeFiles } from '../../writeFiles';
import { type ModelProto, ModelProtoSchema } from '../onnx_pb';
import { MAX_MESSAGE_BYTES, planModel } from './writePlan';

/**
 * Writes a model to a new file. Payloads that were not read are streamed from where they lie; everything else is
 * as protobuf-es keeps it, unknown fields included, so that an unchanged model gives the same bytes.
 *
 * Weights in external files: a tensor whose `location` means the same file seen from the target's folder stays
 * as it is. All others are embedded, so that the result is one file; if that is larger than a protobuf message
 * may be (2 GB), the large weights go into `<target>.data` beside it.
 *
 * @throws ModelError when the target exists, weights cannot be found, or the disk does not take it; nothing is
 *   left behind then.
 */
export function writeModel(proto: ModelProto, path: string): void {
  const skeleton = toBinary(ModelProtoSchema, proto);
  const single = planModel(skeleton, path, 'embed');
  if (sizeOf(single.model) <= MAX_MESSAGE_BYTES) {
    writeFiles([{ path, parts: single.model }]);
    return;
  }
  const split = planModel(skeleton, path, 'beside');
  if (sizeOf(split.model) > MAX_MESSAGE_BYTES) {
    throw new ModelError(`${path} cannot be written: without its weights it is still above 2 GB.`, {
      file: path,
    });
  }
  writeFiles([
    { path: split.dataPath, parts: split.data },
    { path, parts: split.model },
  ]);
}

/** Shapes, axes and sizes lie within it; weights beyond it are left where they are. */
const INLINE_BYTES = 64 * 1024;

/**
 * A model's bytes as an engine takes them from memory, together with the folder of `path`: what is small is inline,
 * because engines that infer shapes do not read sizes from files beside the model.
 */
export function encodeWithSmallInline(proto: ModelProto, path: string): Uint8Array {
  const { model } = planModel(toBinary(ModelProtoSchema, proto), path, 'embed', INLINE_BYTES);
  return joined(model, MAX_MESSAGE_BYTES);
}
