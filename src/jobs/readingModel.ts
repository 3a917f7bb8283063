import path from 'node:path';
import { layerDetails } from '../analysis/details';
import { compareFiles } from '../analysis/difference/fileDifferences';
import { edgesOf } from '../analysis/edges';
import { type Analysis, analyze } from '../analysis/inspect';
import { memoryTimeline } from '../analysis/memoryTimeline';
import { rowsMentioning } from '../analysis/mentions';
import { roofline } from '../analysis/roofline';
import { tensorStatistics } from '../analysis/statistics';
import { weightPrecisions } from '../analysis/weightPrecisions';
import { sequenceDimension } from '../evaluation/lengths';
import { place, placeText } from '../files/place';
import { formats, openModel } from '../formats';
import type { ModelFile } from '../formats/format';
import { inputFiles } from '../formats/inputFiles';
import { modelOfText } from '../formats/onnx/format';
import { present } from '../model/assert';
import { layerLines } from '../protocol/csv';
import { jsonLines } from '../protocol/json';
import type { DimensionOptions } from '../protocol/options';
import { otherSizes } from '../protocol/profileMarks';
import { factsOf, RECIPES, type Recipe } from '../protocol/recipes';
import { indexModel } from '../python/linking/indexModel';
import { roundsByData } from '../quantization/layout';
import { recallCeilings } from '../runtime/ceilingMemory';
import { installedEngines } from '../runtime/installed';
import { deviceProfiles } from '../targets/devices/profiles';
import { ASSUMED } from '../targets/devices/server';
import { overview } from '../targets/overview';
import { targetReport } from '../targets/report';
import { targetOf, targetsFor } from '../targets/targets';
import { adviceFacts } from './adviceFacts';
import { imageSize } from './imageSize';
import { importMeasurements } from './importMeasurements';
import type { ReaderKind, ReaderRequests } from './readerProtocol';
import { ReadingText } from './readingText';

/** Analyses that are kept: as many as somebody switches between when trying out dimensions in two views. */
const KEPT_ANALYSES = 4;

export type Answers = {
  [K in ReaderKind]: (params: ReaderRequests[K]['params']) => ReaderRequests[K]['result'];
};

/** Answers every question to the reading thread; opens the model with the first. */
export class ReadingModel implements Answers {
  private opened: ModelFile | undefined;
  private readonly analyses = new Map<string, Analysis>();
  private readonly texts = new ReadingText({
    file: () => this.file,
    analyze: (choice) => this.analyze(choice),
  });

  constructor(private readonly path: string) {}

  open({ choice }: ReaderRequests['open']['params']): ReaderRequests['open']['result'] {
    const { report, rows, maxima } = this.analyze(choice);
    const { layers: _, tensors: __, modules = [], ...rest } = report;
    return {
      // A model in several files is named after all of them, by whichever it was opened.
      fileName: path.basename(report.file),
      formatName: this.file.format.name,
      report: rest,
      rows: rows.length,
      modules: modules.length,
      maxima,
      cannotRun: this.file.format.cannotRun ?? this.withoutWeights(),
      cannotQuantize: this.withoutWeights() ?? this.quantizable().refusal,
      targets: targetsFor(this.file).map(({ id, name }) => ({ id, name })),
    };
  }

  rows({ choice, from, to }: ReaderRequests['rows']['params']): ReaderRequests['rows']['result'] {
    return this.analyze(choice).rows.slice(from, to);
  }

  modules({ choice, from, to }: ReaderRequests['modules']['params']): ReaderRequests['modules']['result'] {
    return present(this.analyze(choice).report.modules, 'modules').slice(from, to);
  }

  graph({ choice }: ReaderRequests['graph']['params']): ReaderRequests['graph']['result'] {
    const analysis = this.analyze(choice);
    const { rows, report } = analysis;
    const { modules = [], inputs, outputs } = report;
    return { rows: [...rows], modules, inputs, outputs, edges: edgesOf(analysis, 0, rows.length) };
  }

  edges({ choice, from, to }: ReaderRequests['edges']['params']): ReaderRequests['edges']['result'] {
    return edgesOf(this.analyze(choice), from, to);
  }

  details({ choice, row }: ReaderRequests['details']['params']): ReaderRequests['details']['result'] {
    return layerDetails(this.analyze(choice), row);
  }

  find({ choice, text }: ReaderRequests['find']['params']): ReaderRequests['find']['result'] {
    return rowsMentioning(this.analyze(choice), text);
  }

  statistics({
    choice,
    row,
    tensor,
  }: ReaderRequests['statistics']['params']): ReaderRequests['statistics']['result'] {
    return tensorStatistics(this.file, this.analyze(choice), row, tensor);
  }

  weightPrecisions({
    choice,
    row,
    tensor,
  }: ReaderRequests['weightPrecisions']['params']): ReaderRequests['weightPrecisions']['result'] {
    return weightPrecisions(this.file, this.analyze(choice), row, tensor);
  }

  memory({ choice }: ReaderRequests['memory']['params']): ReaderRequests['memory']['result'] {
    return memoryTimeline(this.analyze(choice).inference.graph, this.file.format);
  }

  roofline({
    choice,
    profile,
    memory,
  }: ReaderRequests['roofline']['params']): ReaderRequests['roofline']['result'] {
    const ceilings = profile === null ? null : recallCeilings(memory, profile);
    return roofline(this.analyze(choice), profile, ceilings);
  }

  adviceFacts({ choice }: ReaderRequests['adviceFacts']['params']): ReaderRequests['adviceFacts']['result'] {
    return adviceFacts(this.file, this.analyze(choice));
  }

  target({ choice, target }: ReaderRequests['target']['params']): ReaderRequests['target']['result'] {
    return targetReport(this.file, this.analyze(choice), targetOf(target));
  }

  deployment({
    choice,
    runMs,
  }: ReaderRequests['deployment']['params']): ReaderRequests['deployment']['result'] {
    const question = { targets: [], devices: deviceProfiles, server: ASSUMED, runMs };
    const { devices, server } = overview(this.file, this.analyze(choice), question);
    return { devices, server };
  }

  engines({ places }: ReaderRequests['engines']['params']): ReaderRequests['engines']['result'] {
    return installedEngines(this.file.format.id, places);
  }

  index(): ReaderRequests['index']['result'] {
    return indexModel(this.file.format, this.analyze({ dims: {}, shapes: {} }));
  }

  importMeasurements(
    options: ReaderRequests['importMeasurements']['params'],
  ): ReaderRequests['importMeasurements']['result'] {
    return importMeasurements(this.file, options);
  }

  export({ choice, as, profile, target }: ReaderRequests['export']['params']): null {
    const { report, rows } = this.analyze(choice);
    const fits = profile !== null && otherSizes(profile, report.inputs) === null;
    const lines = as === 'csv' ? layerLines(rows, fits ? profile : null) : jsonLines(report);
    placeText(lines, target, this.inputs());
    return null;
  }

  inputs(): string[] {
    return inputFiles(this.file);
  }

  quantizeChoice({
    choice,
  }: ReaderRequests['quantizeChoice']['params']): ReaderRequests['quantizeChoice']['result'] {
    const { recipe, reason, refusal } = this.quantizable();
    const size = imageSize(this.analyze(choice));
    const { id, cannotRun, rewriter } = this.file.format;
    const weightsAlone = rewriter?.observing === null;
    return {
      recipe,
      reason: refusal ?? reason,
      possible: refusal === null,
      recipes: RECIPES.filter(({ formats }) => formats.includes(id)).map((facts) => ({
        recipe: facts.name,
        refusal: rewriter?.refusal(this.file, facts.name) ?? null,
        ports: factsOf(facts.name).ports?.includes(id) ?? false,
        rounds: !weightsAlone && roundsByData(facts.name),
      })),
      imageInput: size,
      runs: cannotRun === undefined,
      choosesActivations: rewriter?.observing?.probe !== undefined,
      weightsAlone,
      groupSizes: rewriter?.groupSizes ?? null,
      weightForms: rewriter?.weightForms ?? false,
      sequence: cannotRun === undefined ? sequenceDimension(this.file, choice) : null,
    };
  }

  /** What the model says of a file of weights that is missing, without which it is neither run nor quantized; else null. */
  private withoutWeights(): string | null {
    const { externalFiles, problems } = this.file.model;
    const missing = externalFiles.find(({ bytes }) => bytes === null);
    if (missing === undefined) return null;
    const told = problems.find(({ message }) => message.includes(missing.path));
    return told?.message ?? `Weights are missing: there is no ${missing.path}.`;
  }

  /** The recipe that fits, and why; `refusal` is why the model cannot be quantized by it, else null. */
  private quantizable(): { recipe: Recipe; reason: string; refusal: string | null } {
    const { rewriter, name } = this.file.format;
    if (rewriter === null) {
      return { recipe: 'float32', reason: '', refusal: `${name} files cannot be quantized yet.` };
    }
    const { recipe, reason } = rewriter.suggest(this.file);
    return { recipe, reason, refusal: rewriter.refusal(this.file, recipe) };
  }

  place({ built, output, force }: ReaderRequests['place']['params']): null {
    const file = openModel(built);
    const companions = file.model.externalFiles.map((external) => external.path);
    file.close();
    place(built, companions, output, { inputs: this.inputs(), force });
    return null;
  }

  compare({ choice, other }: ReaderRequests['compare']['params']): ReaderRequests['compare']['result'] {
    const comparison = compareFiles({ before: this.path, after: other, choice });
    const { before, after } = comparison.format;
    const reasons = formats.filter(({ id }) => id === before || id === after).map((one) => one.cannotRun);
    return { comparison, cannotRun: reasons.find((reason) => reason !== undefined) ?? null };
  }

  companions(): ReaderRequests['companions']['result'] {
    return this.file.model.externalFiles.map((external) => external.path);
  }

  text({ choice }: ReaderRequests['text']['params']): string {
    return this.texts.print(choice);
  }

  setText({ text }: ReaderRequests['setText']['params']): ReaderRequests['setText']['result'] {
    this.analyses.clear();
    return this.texts.replace(text, (stated) => {
      this.opened = modelOfText(stated, this.path, Buffer.byteLength(text));
    });
  }

  textOutline(): ReaderRequests['textOutline']['result'] {
    return this.texts.outline();
  }

  textFolds(): ReaderRequests['textFolds']['result'] {
    return this.texts.folds();
  }

  textNames({ at }: ReaderRequests['textNames']['params']): ReaderRequests['textNames']['result'] {
    return this.texts.names(at);
  }

  textHover({ choice, at }: ReaderRequests['textHover']['params']): ReaderRequests['textHover']['result'] {
    return this.texts.hover(choice, at);
  }

  textOfRow({ choice, row }: ReaderRequests['textOfRow']['params']): ReaderRequests['textOfRow']['result'] {
    return this.texts.ofRow(choice, row);
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
