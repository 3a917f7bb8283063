import { dirname, join, resolve } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { byteLength } from '../../../model/dataType';
import type { ExternalFile, Problem } from '../../../model/model';
import { resolveExternal } from '../../externalFile';
import { LostWeights } from '../../lostWeights';
import { PayloadSchema } from '../../protobuf/payload_pb';
import { dataTypeOf } from '../dataTypes';
import type { ModelProto, TensorProto } from '../onnx_pb';
import { elementsOf } from './tensorData';
import { tensorsOf } from './tensors';
import { EXTERNAL_DATA } from './wireFields';

/** TensorProto.DataLocation */
export const EXTERNAL = 1;

/** The entry of a tensor's `external_data` with this key. */
export function externalEntry(tensor: TensorProto, key: string): string | undefined {
  return tensor.externalData.findLast((entry) => entry.key === key)?.value;
}

/**
 * Finds the bytes of tensors that lie in other files, and notes where in each tensor's `payload`. A file must lie
 * inside the model's folder, symbolic links resolved, so that opening a model reads nothing else.
 * (https://onnx.ai/onnx/repo-docs/ExternalData.html)
 */
export function locateExternalData(
  proto: ModelProto,
  path: string,
): { files: ExternalFile[]; problems: Problem[] } {
  const folder = dirname(resolve(path));
  const files = new Map<string, ExternalFile | string>();
  const lost = new LostWeights();
  for (const tensor of tensorsOf(proto)) {
    if (tensor.dataLocation !== EXTERNAL) continue;
    const problem = locate(tensor, folder, files);
    if (problem !== null) lost.add(tensor.name, problem);
  }
  return { files: [...files.values()].filter((file) => typeof file !== 'string'), problems: lost.problems };
}

function locate(
  tensor: TensorProto,
  folder: string,
  files: Map<string, ExternalFile | string>,
): string | null {
  const location = externalEntry(tensor, 'location');
  if (!location) return 'the model does not say which file they are in';
  let file = files.get(location);
  if (file === undefined) {
    file = resolveExternal(folder, location);
    files.set(location, file);
  }
  if (typeof file === 'string') return file;
  if (file.bytes === null) return `${file.path} is missing; put it beside the model`;
  const offset = wholeNumber(externalEntry(tensor, 'offset') ?? '0');
  const type = dataTypeOf(tensor.dataType);
  const count = elementsOf(tensor.dims);
  const needed = type === null || count === null ? null : byteLength(type, count);
  const length = wholeNumber(externalEntry(tensor, 'length') ?? `${needed ?? ''}`);
  if (offset === null || length === null) return 'their offset or length is not a number';
  if (needed !== null && length !== needed) {
    return `the model says that they take ${length} bytes, but their type and shape need ${needed}`;
  }
  if (offset + length > file.bytes) {
    return `bytes ${offset} to ${offset + length} of ${file.path} are behind its end at ${file.bytes}`;
  }
  tensor.payload = [
    create(PayloadSchema, {
      path: file.path,
      offset: BigInt(offset),
      length: BigInt(length),
      field: EXTERNAL_DATA,
    }),
  ];
  return null;
}

/** Whether a location as it is written in the model means this file, seen from a folder. */
export function isLocation(folder: string, location: string, path: string): boolean {
  return resolve(join(folder, location)) === resolve(path);
}

function wholeNumber(text: string): number | null {
  if (!/^\d{1,16}$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
