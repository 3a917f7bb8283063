import path from 'node:path';
import { check } from '../analysis/deployment/checks';
import { targetOf, targetsFor } from '../analysis/deployment/targets';
import { layerDetails } from '../analysis/details';
import { type Analysis, analyze } from '../analysis/inspect';
import { tensorStatistics } from '../analysis/statistics';
import { openModel } from '../formats';
import type { ModelFile } from '../formats/format';
import { type DataType, elementCount } from '../model/dataType';
import { ModelError } from '../model/modelError';
import { layersToCsv } from '../protocol/csv';
import type { DimensionOptions } from '../protocol/options';
import type { QuantizeDefaults } from '../protocol/page';
import { place } from '../quantization/place';
import { imageInput } from '../runtime/data/preprocess';
import { indexModel } from '../source/linking/indexModel';
import type { ReaderKind, ReaderRequests } from './readerProtocol';

/** Analyses that are kept: as many as somebody switches between when trying out dimensions in two views. */
const KEPT_ANALYSES = 4;

export type Answers = {
  [K in ReaderKind]: (params: ReaderRequests[K]['params']) => ReaderRequests[K]['result'];
};

/** Answers every question to the reading thread; opens the model with the first. */
export class ReadingModel implements Answers {
  private opened: ModelFile | undefined;
  private readonly analyses = new Map<string, Analysis>();

  constructor(private readonly path: string) {}

  open({ choice }: ReaderRequests['open']['params']): ReaderRequests['open']['result'] {
    const { report, rows, maxima } = this.analyze(choice);
    const { layers: _, tensors: __, ...rest } = report;
    return {
      // A model in several files is named after all of them, by whichever it was opened.
      fileName: path.basename(report.file),
      formatName: this.file.format.name,
      report: rest,
      rows: rows.length,
      maxima,
      cannotRun: this.file.format.cannotRun ?? null,
      targets: targetsFor(this.file).map(({ id, name }) => ({ id, name })),
    };
  }

  rows({ choice, from, to }: ReaderRequests['rows']['params']): ReaderRequests['rows']['result'] {
    return this.analyze(choice).rows.slice(from, to);
  }

  details({ choice, row }: ReaderRequests['details']['params']): ReaderRequests['details']['result'] {
    return layerDetails(this.analyze(choice), row);
  }

  statistics({
    choice,
    row,
    tensor,
  }: ReaderRequests['statistics']['params']): ReaderRequests['statistics']['result'] {
    return tensorStatistics(this.file, this.analyze(choice), row, tensor);
  }

  check({ target }: ReaderRequests['check']['params']): ReaderRequests['check']['result'] {
    return check(this.file, targetOf(target));
  }

  index(): ReaderRequests['index']['result'] {
    return indexModel(this.file.format.id, this.analyze({ dims: {}, shapes: {} }));
  }

  export({ choice, as, profile }: ReaderRequests['export']['params']): string {
    const { report, rows } = this.analyze(choice);
    return as === 'csv' ? layersToCsv(rows, profile) : `${JSON.stringify(report, null, 2)}\n`;
  }

  quantizeChoice({
    choice,
  }: ReaderRequests['quantizeChoice']['params']): ReaderRequests['quantizeChoice']['result'] {
    const { format } = this.file;
    const { rewriter } = format;
    const size = imageSize(this.analyze(choice));
    if (rewriter === null) {
      return {
        recipe: 'float32',
        reason: `${format.name} files cannot be quantized yet.`,
        possible: false,
        imageInput: size,
      };
    }
    const { recipe, reason } = rewriter.suggest(this.file);
    const refusal = rewriter.refusal(this.file, recipe);
    return { recipe, reason: refusal ?? reason, possible: refusal === null, imageInput: size };
  }

  place({ built, output, force }: ReaderRequests['place']['params']): null {
    const file = openModel(built);
    const companions = file.model.externalFiles.map((external) => external.path);
    file.close();
    place(built, companions, output, force);
    return null;
  }

  private get file(): ModelFile {
    this.opened ??= openModel(this.path);
    return this.opened;
  }

  private analyze(choice: DimensionOptions): Analysis {
    const key = JSON.stringify(choice);
    const known = this.analyses.get(key);
    if (known) return known;
    const analysis = analyze(this.file, choice);
    this.analyses.set(key, analysis);
    const [oldest] = this.analyses.keys();
    if (this.analyses.size > KEPT_ANALYSES && oldest !== undefined) this.analyses.delete(oldest);
    return analysis;
  }
}

/** Size of the first input that a picture fits. */
function imageSize({ report }: Analysis): QuantizeDefaults['imageInput'] {
  for (const { name, type, shape } of report.inputs) {
    if (type === null || shape === null || elementCount(shape) === null) continue;
    try {
      const sizes = shape.map((size) => size ?? 0);
      const { width, height, layout } = imageInput({ name, type: type as DataType, shape: sizes }, null);
      return { width, height, layout };
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
    }
  }
  return null;
}
