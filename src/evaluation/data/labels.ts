import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { present } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import type { DataOptions } from '../../protocol/options';
import type { DataFile } from './files';

export interface LabelledFiles {
  readonly files: readonly DataFile[];
  /** Class index of each file, offset included; null when there are none. */
  readonly labels: readonly number[] | null;
  readonly warnings: readonly string[];
}

/** A list of 10 million images is about 500 MB; more cannot be meant (CWE-789). */
const MAX_CSV_BYTES = 512 * 1024 * 1024;

/**
 * Class indices of files: from the CSV where one is given, else from the sub-folders right under the path, whose
 * places in sorted order are the indices. A folder counts as a class even when it is empty, since it was one when
 * the model was trained.
 */
export function labelFiles(
  options: DataOptions,
  files: readonly DataFile[],
  classes: readonly string[],
): LabelledFiles {
  if (options.labels !== null) return labelByCsv(options, options.labels, files);
  const usable = classes.length >= 2 && files.some((file) => file.folder !== null);
  if (!usable) return { files, labels: null, warnings: [] };
  const inFolders = files.filter((file) => file.folder !== null);
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const labels = inFolders.map(
    (file) => present(indexOf.get(file.folder ?? ''), 'class') + options.labelOffset,
  );
  const left = files.length - inFolders.length;
  const warnings =
    left === 0 ? [] : [leftOut(left, `${options.path} lie in no sub-folder, so they have no class`)];
  return { files: inFolders, labels, warnings };
}

function labelByCsv(options: DataOptions, csv: string, files: readonly DataFile[]): LabelledFiles {
  const byPath = readLabels(csv, options.path);
  const labelled: DataFile[] = [];
  const labels: number[] = [];
  for (const file of files) {
    const label = byPath.get(resolve(file.path));
    if (label === undefined) continue;
    labelled.push(file);
    labels.push(label + options.labelOffset);
  }
  if (labelled.length === 0) {
    throw new ModelError(
      `No file of ${options.path} is named in ${csv}: each line is a path (relative to the data or to the CSV) and a class index.`,
      { file: csv },
    );
  }
  const left = files.length - labelled.length;
  const warnings = left === 0 ? [] : [leftOut(left, `${options.path} are not named in ${csv}`)];
  return { files: labelled, labels, warnings };
}

/** Paths resolve against the data's folder and the CSV's own folder; a heading line is skipped. */
function readLabels(csv: string, dataPath: string): Map<string, number> {
  if (statSync(csv).size > MAX_CSV_BYTES) {
    throw new ModelError(`${csv} is too large for a list of labels.`, { file: csv });
  }
  const dataFolder = statSync(dataPath).isDirectory() ? dataPath : dirname(dataPath);
  const labels = new Map<string, number>();
  for (const [index, text] of readFileSync(csv, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (text.trim() === '') continue;
    const match = /^\s*(?:"((?:[^"]|"")*)"|([^"]*?))\s*[,;\t]\s*"?(\d+)"?\s*$/.exec(text);
    const path = match?.[1]?.replaceAll('""', '"') ?? match?.[2];
    if (match === null || path === undefined) {
      if (index === 0) continue;
      throw new ModelError(
        `Line ${index + 1} of ${csv} is not a path and a class index: "${text.slice(0, 80)}".`,
        {
          file: csv,
        },
      );
    }
    labels.set(resolve(dirname(csv), path), Number(match[3]));
    labels.set(resolve(dataFolder, path), Number(match[3]));
  }
  return labels;
}

/** A warning of how many files were left out, and why. */
export function leftOut(count: number, why: string): string {
  return `${count} ${count === 1 ? 'file was' : 'files were'} left out: ${why}.`;
}
