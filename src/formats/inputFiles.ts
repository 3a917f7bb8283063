import type { ModelFile } from './format';

/** Everything that an opened model consists of: its file or package, and the files that hold its weights. */
export function inputFiles({ model }: ModelFile): string[] {
  return [model.file, ...model.externalFiles.map(({ path }) => path)];
}

/** Bytes of all of them. */
export function sizeOf({ model }: ModelFile): number {
  return model.externalFiles.reduce((sum, { bytes }) => sum + (bytes ?? 0), model.fileBytes);
}
