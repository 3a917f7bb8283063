import { randomUUID } from 'node:crypto';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { ReadingModel } from '../../jobs/readingModel';
import { itemAt } from '../../model/assert';
import type { BoardModel } from '../../protocol/board';
import type { DimensionOptions } from '../../protocol/options';
import type { ComparisonPage } from '../../protocol/page';
import type { BoardReportData, ComparisonReportData, ModelReportData } from '../../protocol/reportFile';
import type { Comparison, ProfileReport } from '../../protocol/reports';
import { memoryFolder } from '../job';

/** Layers whose details go into a report: those of more would make it larger than a mail may be. */
export const MAX_DETAILED = 20_000;

const NOT_HERE = 'A report in a file runs nothing.';

/** What the page of a model is answered with, as the editor would; without the folders of whoever made it. */
export function modelData(
  path: string,
  choice: DimensionOptions,
  profile: ProfileReport | null,
): ModelReportData {
  const model = new ReadingModel(path);
  const opened = model.open({ choice });
  const rows = model.rows({ choice, from: 0, to: opened.rows });
  const detailed = rows.length <= MAX_DETAILED ? rows : [];
  return {
    page: 'model',
    opened: {
      ...opened,
      report: { ...opened.report, file: opened.fileName },
      cannotRun: NOT_HERE,
      cannotQuantize: NOT_HERE,
      targets: [],
      measure: { threads: 1, runs: 1 },
      profile: profile && withoutFolders(profile, opened.fileName),
      imported: [],
      otherProfiles: [],
    },
    rows,
    modules: model.modules({ choice, from: 0, to: opened.modules }),
    edges: model.edges({ choice, from: 0, to: rows.length }),
    memory: model.memory({ choice }),
    // Advice of what this file cannot do would lead nowhere.
    facts: { ...model.adviceFacts({ choice }), recipe: null, recipes: [], smaller: null, data: null },
    roofline: model.roofline({ choice, profile, memory: memoryFolder() }),
    details: detailed.map((_, row) => model.details({ choice, row })),
  };
}

function withoutFolders(profile: ProfileReport, file: string): ProfileReport {
  const { engines, ...rest } = profile;
  const named = engines?.map(({ library: _, ...engine }) => engine);
  return { ...rest, file, inputs: nameOf(profile.inputs), ...(named && { engines: named }) };
}

/** A path by its last part; what is none stays. */
function nameOf(text: string): string {
  return isAbsolute(text) ? basename(text) : text;
}

/** What the page of a comparison is answered with; of more than two models, what the board is. */
export function comparisonData(
  comparisons: readonly [Comparison, ...Comparison[]],
): ComparisonReportData | BoardReportData {
  const [first, ...others] = comparisons;
  if (others.length === 0) return { page: 'comparison', comparison: comparisonPage(first) };
  const pages = comparisons.map(comparisonPage);
  const names = distinctNames([first.input, ...comparisons.map(({ output }) => output)]);
  const models = names.map((name, place): BoardModel => {
    // What the board says of the first model is in all of them.
    const { comparison } = itemAt(pages, Math.max(0, place - 1));
    return { id: String(place), path: name, name, comparison, became: null };
  });
  return { page: 'board', board: { models, cannotRun: NOT_HERE }, comparisons: pages };
}

/** Files by their names, with the folder where several are called alike. */
function distinctNames(paths: readonly string[]): string[] {
  const names = paths.map((path) => basename(path));
  return names.map((name, place) => {
    if (names.indexOf(name) === names.lastIndexOf(name)) return name;
    const folder = basename(dirname(resolve(itemAt(paths, place))));
    return `${folder}/${name}`;
  });
}

function comparisonPage(comparison: Comparison): ComparisonPage {
  const [beforeName, afterName] = [basename(comparison.input), basename(comparison.output)];
  const { accuracy, engines: _, ...rest } = comparison;
  return {
    id: randomUUID(),
    comparison: {
      ...rest,
      input: beforeName,
      output: afterName,
      accuracy: accuracy && { ...accuracy, data: nameOf(accuracy.data) },
    },
    beforeName,
    afterName,
    beforeIsHead: false,
    outdated: { before: null, after: null },
    options: null,
    cannotRun: NOT_HERE,
    keepsCandidates: false,
  };
}
