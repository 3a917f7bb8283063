import type { ModelFile } from '../formats/format';
import type { ImportedProfile } from '../protocol/imported';
import type { DimensionOptions } from '../protocol/options';
import { importProfile } from '../runtime/imports/importProfile';
import { readMeasurements } from '../runtime/imports/readMeasurements';

export interface ImportOptions {
  readonly choice: DimensionOptions;
  /** Path of the file with measurements. */
  readonly source: string;
  /** What the user calls the device; null: nothing. */
  readonly name: string | null;
}

/** Lays a file with measurements over a model, wherever that was opened: no engine is loaded, and nothing runs. */
export function importMeasurements(
  file: ModelFile,
  { choice, source, name }: ImportOptions,
): ImportedProfile {
  return importProfile(readMeasurements(source), {
    file,
    inferred: file.infer(choice).graph,
    source,
    name,
  });
}
