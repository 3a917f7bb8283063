import { ReadingModel } from '../../src/jobs/readingModel';
import type { DimensionOptions } from '../../src/protocol/options';
import { modelAnswers } from './fixtures';
import type { Answers } from './harness';

/** What the host says of a model's file, as the editor's reading thread does. */
export function readAnswers(path: string): Answers {
  const model = new ReadingModel(path);
  const choice: DimensionOptions = { dims: {}, shapes: {} };
  return {
    ...modelAnswers([]),
    open: () => ({
      ...model.open({ choice }),
      measure: { threads: 1, runs: 30 },
      profile: null,
      otherProfiles: [],
      imported: [],
    }),
    rows: (range) => model.rows({ choice, ...range }),
    modules: (range) => model.modules({ choice, ...range }),
    edges: (range) => model.edges({ choice, ...range }),
    find: ({ text }) => model.find({ choice, text }),
    details: ({ row }) => model.details({ choice, row }),
    target: (what) => model.target({ choice, ...what }),
    deployment: (what) => model.deployment({ choice, ...what }),
  };
}
