import { closeSync, fstatSync } from 'node:fs';
import { extname } from 'node:path';
import { ModelError } from '../model/modelError';
import { openFile, readFully } from './binary';
import { coreml } from './coreml/format';
import { describeContent } from './describeContent';
import type { Format, ModelFile } from './format';
import { onnx } from './onnx/format';
import { tflite } from './tflite/format';

export const formats: readonly Format[] = [onnx, tflite, coreml];

const OR = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** Enough to recognize every format by its first fields. */
const HEAD_BYTES = 4096;

/**
 * Opens a model of any format, recognized by its content. A damaged file whose beginning says nothing is read as
 * the format of its name, which then can say at which byte it breaks.
 *
 * @throws ModelError with a sentence that says what the file looks like instead, or where it is damaged.
 */
export function openModel(path: string): ModelFile {
  const packaged = formats.find((format) => format.isPackage?.(path));
  if (packaged) return packaged.open(path);
  const { head, size } = readHead(path);
  const recognized = formats.find((format) => format.recognizes(head));
  if (recognized) return recognized.open(path);
  const content = describeContent(head, size);
  const named = formats.find((format) => format.extensions.includes(extname(path).toLowerCase()));
  if (content === null && named) return named.open(path);
  const names = OR.format(formats.map((format) => format.name));
  const what = content ?? 'content that is not known';
  throw new ModelError(`${path} is not a model that can be opened (${names}): it holds ${what}.`, {
    file: path,
  });
}

/**
 * Opens a model to run it.
 *
 * @throws ModelError where no engine runs its format, or files with weights are missing, besides what `openModel` throws.
 */
export function openComplete(path: string): ModelFile {
  const file = openModel(path);
  const { cannotRun } = file.format;
  if (cannotRun !== undefined) {
    file.close();
    throw new ModelError(cannotRun, { file: path });
  }
  return withWeights(file, path);
}

/**
 * Opens a model to rewrite it, which takes all of its weights.
 *
 * @throws ModelError where files with weights are missing, besides what `openModel` throws.
 */
export function openWithWeights(path: string): ModelFile {
  return withWeights(openModel(path), path);
}

function withWeights(file: ModelFile, path: string): ModelFile {
  const missing = file.model.externalFiles.filter(({ bytes }) => bytes === null);
  if (missing.length === 0) return file;
  file.close();
  const names = missing.map((external) => external.path).join(', ');
  throw new ModelError(`${path} lacks weights: ${names} is missing; put it beside the model.`, {
    file: path,
  });
}

function readHead(path: string): { head: Uint8Array; size: number } {
  const file = openFile(path);
  try {
    const { size } = fstatSync(file);
    const head = new Uint8Array(Math.min(size, HEAD_BYTES));
    readFully(file, path, head, 0, head.length, 0);
    return { head, size };
  } finally {
    closeSync(file);
  }
}
