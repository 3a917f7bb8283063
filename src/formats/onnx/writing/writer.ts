import { linkSync, realpathSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { ModelError } from '../../../model/modelError';
import { joined, sizeOf } from '../../pieces';
import { writeFiles } from '../../writeFiles';
import { type ModelProto, ModelProtoSchema } from '../onnx_pb';
import { tensorsOf } from '../reading/tensors';
import { dataPathOf, INLINE_BYTES, MAX_MESSAGE_BYTES, planModel } from './writePlan';

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

/**
 * Writes a copy that only runs for a while. Its large weights are not copied, since engines map files of weights: the
 * file that most of them lie in gets `<path>.data` as a second name. Where a file system does not give it one, the copy is as
 * `writeModel` writes it.
 *
 * @throws ModelError as `writeModel` does.
 */
export function writeForRunning(proto: ModelProto, path: string): void {
  const lender = largestFile(proto);
  if (lender === null || !linked(lender, dataPathOf(path))) {
    writeModel(proto, path);
    return;
  }
  try {
    const { model } = planModel(toBinary(ModelProtoSchema, proto), path, {
      lender,
      location: basename(dataPathOf(path)),
    });
    writeFiles([{ path, parts: model }]);
  } catch (error) {
    rmSync(dataPathOf(path), { force: true });
    throw error;
  }
}

/**
 * The file that most bytes of large initializers lie in; null where there are none, or other tensors are large too, which
 * engines do not all take from files.
 */
function largestFile(proto: ModelProto): string | null {
  const initializers = new Set(proto.graph?.initializer);
  const bytes = new Map<string, number>();
  for (const tensor of tensorsOf(proto)) {
    for (const { path, length } of tensor.payload) {
      if (Number(length) < INLINE_BYTES) continue;
      if (!initializers.has(tensor)) return null;
      bytes.set(path, (bytes.get(path) ?? 0) + Number(length));
    }
  }
  const [largest, ...others] = [...bytes].sort(([, a], [, b]) => b - a);
  const elsewhere = others.reduce((sum, [, more]) => sum + more, 0);
  return largest === undefined || elsewhere > MAX_MESSAGE_BYTES / 2 ? null : largest[0];
}

function linked(file: string, name: string): boolean {
  try {
    // A second name of a symbolic link would be a link, which engines do not follow out of the model's folder.
    linkSync(realpathSync(file), name);
    return true;
  } catch {
    return false;
  }
}

/**
 * A model's bytes as an engine takes them from memory, together with the folder of `path`: what is small is inline,
 * because engines that infer shapes do not read sizes from files beside the model.
 */
export function encodeWithSmallInline(proto: ModelProto, path: string): Uint8Array {
  const { model } = planModel(toBinary(ModelProtoSchema, proto), path, 'embed', INLINE_BYTES);
  return joined(model, MAX_MESSAGE_BYTES);
}

/**
 * The bytes of the model in the file `path` without the large weights, which refer to that file; an engine takes them
 * from memory as above. null where there are none, or they lie elsewhere.
 */
export function encodeWithoutWeights(proto: ModelProto, path: string): Uint8Array | null {
  if (largestFile(proto) !== path) return null;
  const skeleton = toBinary(ModelProtoSchema, proto);
  const { model } = planModel(skeleton, path, { lender: path, location: basename(path) });
  return joined(model, MAX_MESSAGE_BYTES);
}
