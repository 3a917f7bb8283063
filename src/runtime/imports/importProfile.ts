import { basename } from 'node:path';
import type { ModelFile } from '../../formats/format';
import type { RowOwner } from '../../formats/profiling';
import type { InferredGraph } from '../../model/inference';
import { ModelError } from '../../model/modelError';
import type { ImportedProfile } from '../../protocol/imported';
import { formatBytes } from '../../protocol/numbers';
import { CONTRACT_VERSION } from '../../protocol/reports';
import { layRows } from './layRows';
import type { Measurements } from './measurements';

/** Files that differ by more than this fraction are of different models: some tools mean 1024 · 1024 bytes by MB, 4.9 % more. */
const SAME_SIZE = 0.06;

interface Import {
  readonly file: ModelFile;
  readonly inferred: InferredGraph;
  /** Where the measurements were read from. */
  readonly source: string;
  /** What the user calls the device; null: nothing. */
  readonly name: string | null;
}

/**
 * Measurements laid over the nodes of a model. Throws ModelError where they are of another model: another format, another
 * size, or most rows that name something name nothing of it.
 */
export function importProfile(
  measured: Measurements,
  { file, inferred, source, name }: Import,
): ImportedProfile {
  checkModel(measured, file, source);
  const { rows } = measured;
  const { layers, others, owners, notes } = layRows(file, inferred, rows);
  checkRows(owners, file, source);
  return {
    version: CONTRACT_VERSION,
    file: file.model.file,
    source,
    tool: measured.tool,
    device: { kind: 'imported', name: name ?? `imported from ${basename(source)}` },
    engine: measured.engine,
    threads: measured.threads,
    runs: measured.runs,
    latencyMs: measured.latency,
    rowStatistic: measured.rowStatistic,
    layers: rows.length === 0 ? [] : layers,
    others,
    unattributed: others.filter(({ kind }) => kind === 'unattributed').length,
    notes: [...measured.notes, ...notes],
  };
}

function checkModel(
  { format, tool, modelBytes }: Measurements,
  { model, format: own }: ModelFile,
  source: string,
): void {
  const where = { file: source };
  if (format !== own.id)
    throw new ModelError(
      `It was measured by ${tool}, which does not run ${own.name} files: import it into the model that was run.`,
      where,
    );
  const bytes = model.fileBytes;
  if (modelBytes !== null && Math.abs(modelBytes - bytes) > SAME_SIZE * bytes)
    throw new ModelError(
      `It was measured on a model of ${formatBytes(modelBytes)}, and ${basename(model.file)} has ${formatBytes(bytes)}: import it into the model that was run.`,
      where,
    );
}

function checkRows(owners: readonly RowOwner[], { model }: ModelFile, source: string): void {
  const count = (wanted: RowOwner['kind']) => owners.filter(({ kind }) => kind === wanted).length;
  const foreign = count('foreign');
  const own = count('layer') + count('engine');
  if (foreign > own)
    throw new ModelError(
      `It was measured on another model: ${foreign} of its ${owners.length} rows name nothing of ${basename(model.file)}.`,
      { file: source },
    );
}
