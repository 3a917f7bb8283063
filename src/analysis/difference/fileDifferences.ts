import { openModel } from '../../formats';
import type { DimensionChoice } from '../../model/inference';
import type { Comparison } from '../../protocol/reports';
import { differencesOf } from './differences';
import { comparisonReport } from './report';

/** Two files of any formats, and the dimensions of the first one that are open. */
export interface ComparedFiles {
  readonly before: string;
  readonly after: string;
  readonly choice: DimensionChoice;
}

/**
 * Compares two files without running them.
 *
 * @throws ModelError when one of them cannot be read.
 */
export function compareFiles({ before, after, choice }: ComparedFiles): Comparison {
  const start = performance.now();
  const first = openModel(before);
  try {
    const second = openModel(after);
    try {
      const differences = differencesOf(first, second, choice);
      const seconds = (performance.now() - start) / 1000;
      return comparisonReport(differences, { input: before, output: after }, seconds);
    } finally {
      second.close();
    }
  } finally {
    first.close();
  }
}
