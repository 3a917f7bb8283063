import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { afterAll } from 'vitest';
import type { OnnxFile } from '../../src/formats/onnx/file';
import { onnx } from '../../src/formats/onnx/format';
import { type GraphProtoSchema, type ModelProto, ModelProtoSchema } from '../../src/formats/onnx/onnx_pb';
import { writeModel } from '../../src/formats/onnx/writing/writer';
import { SAMPLE, SAMPLE_TFLITE } from './places';

/** Real models of others, beside the repository; tests pass without them where they are absent. */
export const SHARED_ONNX = resolve('../shared/models/onnx');

export { nativeLibrary, SAMPLE, SAMPLE_TFLITE } from './places';

/** Paths of all real models, the sample first; only those that are there. */
export function realModels(): string[] {
  const shared = existsSync(SHARED_ONNX)
    ? readdirSync(SHARED_ONNX, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => join(SHARED_ONNX, name))
    : [];
  return [...(existsSync(SAMPLE) ? [SAMPLE] : []), ...shared.sort()];
}

export const SHARED_TFLITE = resolve('../shared/models/tflite');

/** Paths of all real .tflite models, the sample first; only those that are there. */
export function realTfliteModels(): string[] {
  const shared = existsSync(SHARED_TFLITE)
    ? readdirSync(SHARED_TFLITE)
        .filter((name) => name.endsWith('.tflite'))
        .sort()
        .map((name) => join(SHARED_TFLITE, name))
    : [];
  return [SAMPLE_TFLITE, ...shared];
}

/** A folder that is removed when the tests of the file are over. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function makeModel(
  graph: MessageInitShape<typeof GraphProtoSchema>,
  rest: Partial<Omit<ModelProto, '$typeName'>> = {},
): ModelProto {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph,
  });
  return Object.assign(model, rest);
}

let written = 0;

/** Writes a model into a folder and opens it. */
export function reopen(model: ModelProto, folder: string): OnnxFile {
  const path = join(folder, `${written++}.onnx`);
  writeModel(model, path);
  return onnx.open(path);
}

/** Runs git in a repository of a test, as somebody who signs nothing. @returns what it printed */
export function gitIn(root: string, ...args: string[]): string {
  const who = ['user.name=Somebody', 'user.email=somebody@example.org', 'commit.gpgsign=false'];
  const options = who.flatMap((setting) => ['-c', setting]);
  return execFileSync('git', [...options, ...args], { cwd: root, encoding: 'utf8' });
}
