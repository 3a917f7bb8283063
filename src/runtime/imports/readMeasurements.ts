import { readFileSync, statSync } from 'node:fs';
import { ModelError } from '../../model/modelError';
import { IMPORTED_FILES } from '../../protocol/imported';
import { isBenchmarkModel, readBenchmarkModel } from './benchmarkModel';
import { isLitertBenchmark, readLitertBenchmark } from './litertBenchmark';
import type { Measurements } from './measurements';
import { isOnnxruntimeProfile, readOnnxruntimeProfile } from './onnxruntimeProfile';

/** Bytes of a file: a profile of 100,000 events has 70 MB. It is read as one text (CWE-770). */
const MAX_BYTES = 200_000_000;

/** Characters of the JSON of one result: it has about 600. */
const MAX_RESULT = 100_000;

/** Reads a file with measurements, whatever it is called. Throws ModelError where it is none that is known. */
export function readMeasurements(path: string): Measurements {
  const status = statSync(path);
  // Xcode's report is a package; Apple says nothing of what is in it.
  if (status.isDirectory()) throw unknown(path, /\.mlperf\/?$/i.test(path));
  if (status.size > MAX_BYTES)
    throw new ModelError(`A file with measurements has at most ${MAX_BYTES / 1e6} MB.`, { file: path });
  return recognize(readFileSync(path, 'utf8'), path);
}

/** The same of a file's text; `path` is for errors. */
export function recognize(text: string, path: string): Measurements {
  if (isOnnxruntimeProfile(text)) return readOnnxruntimeProfile(text, path);
  const json = text.length <= MAX_RESULT && /^\s*\{/.test(text) ? parsed(text) : null;
  if (isLitertBenchmark(json)) return readLitertBenchmark(json, path);
  if (json === null && isBenchmarkModel(text)) return readBenchmarkModel(text, path);
  throw unknown(path, false);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Perhaps a log that begins with a brace.
    return null;
  }
}

function unknown(file: string, isReport: boolean): ModelError {
  return new ModelError(
    isReport
      ? `Xcode’s performance reports cannot be imported, because their format is published nowhere: import ${IMPORTED_FILES}.`
      : `This file holds no measurements that can be imported: ${IMPORTED_FILES}.`,
    { file },
  );
}
