import { readFileSync, statSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import type { DataType } from '../../../model/dataType';
import { ModelError } from '../../../model/modelError';
import { dataTypeOf } from '../dataTypes';
import { TensorProtoSchema } from '../onnx_pb';
import { tensorBytes } from './tensorData';

/** A tensor in a file of its own, as the folders `test_data_set_*` beside published models hold them. */
export interface StoredTensor {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly number[];
  /** All elements, packed, little-endian. */
  readonly bytes: Uint8Array;
}

/** The file is read whole; inputs and outputs of models are far smaller (CWE-789). */
const MAX_FILE_BYTES = 1024 ** 3;

/** @throws ModelError when the file is anything but a tensor with its data. */
export function readTensorFile(path: string): StoredTensor {
  const status = statSync(path);
  // A pipe would be waited for for ever.
  if (!status.isFile()) throw new ModelError(`${path} is not a regular file.`, { file: path });
  if (status.size > MAX_FILE_BYTES) {
    throw new ModelError(`${path} is larger than 1 GiB, too large for an input.`, { file: path });
  }
  const damaged = (cause: unknown): ModelError =>
    new ModelError(
      `${path} is not a tensor with its data: it is damaged or another kind of file.`,
      { file: path },
      cause,
    );
  try {
    const tensor = fromBinary(TensorProtoSchema, readFileSync(path));
    const type = dataTypeOf(tensor.dataType);
    // A payload that lies elsewhere would be a path that a stranger chose.
    if (type === null || tensor.payload.length > 0) throw damaged(undefined);
    return { name: tensor.name, type, shape: tensor.dims.map(Number), bytes: tensorBytes(tensor) };
  } catch (error) {
    throw damaged(error);
  }
}
