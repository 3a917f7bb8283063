import { type Bench, withFile } from '../evaluation/bench';
import { Judge } from '../evaluation/judge';
import { KeptOutputs } from '../evaluation/keptOutputs';
import { type MeasureChoice, profile } from '../evaluation/measureModels';
import { compareOutputs } from '../evaluation/outputAgreement';
import { type Samples, someSamples } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import { sizeOf } from '../formats/inputFiles';
import { itemAt, present } from '../model/assert';
import type { DimensionChoice } from '../model/inference';
import type { NodeId } from '../model/nodeId';
import { factsOf } from '../protocol/recipes';
import type { Latency, Speedup } from '../protocol/reports';
import {
  type CandidateReport,
  CLEANED,
  choose,
  FLOAT,
  frontOf,
  headlineOf,
  isWithin,
  measureOf,
  type SearchReport,
  type SensitiveLayer,
} from '../protocol/search';
import { cpuName } from '../runtime/cpuName';
import type { Feeds } from '../runtime/engine';
import { compareLatency, speedup } from '../runtime/measure';
import { ALL } from './candidate';
import type { Raced, Score, SearchResult } from './searchTask';

/** Timed runs a session while searching: a slow model is timed many times, and only the last time is reported. */
const SEARCH_RUNS = 20;

/** Multiplications that scoring a candidate may take, and the samples that are scored on however many those are. */
const SCORE_MACS = 4e10;
const SCORE_SAMPLES = { least: 32, most: 500 };

/** The models that candidates are set against, and what they are tried on. */
export interface Subject {
  /** Path of the original model. */
  readonly original: string;
  readonly cleaned: ModelFile;
  readonly dims: DimensionChoice;
  readonly samples: Samples;
  /** Of the first sample that is measured on. */
  readonly feeds: Feeds;
  readonly measure: MeasureChoice;
  readonly maxLoss: number;
  readonly scratch: string;
}

/** Scores and times candidates as they would be delivered, beside the original and the cleaned float model. */
export class Trials {
  private readonly samples: Samples;
  private readonly kept: KeptOutputs;
  private readonly judge: Judge;
  /** The outputs are what candidates are judged by. */
  private readonly judgesOutputs: boolean;
  private original: { readonly latency: Latency; readonly overCleaned: Speedup } | null = null;

  constructor(
    private readonly bench: Bench,
    private readonly subject: Subject,
  ) {
    const { cleaned, dims } = subject;
    const { graph, nodes } = cleaned.infer(dims).graph;
    const macs = nodes.reduce((sum, node) => sum + (node.macs ?? 0), 1);
    const { least, most } = SCORE_SAMPLES;
    const count = Math.min(most, Math.max(least, Math.floor(SCORE_MACS / macs)));
    this.samples = someSamples(subject.samples, count);
    this.kept = new KeptOutputs(bench, subject.original, this.samples);
    this.judge = new Judge(bench, cleaned, dims, this.samples);
    const outputs = new Set(graph.outputs.map(({ name }) => name));
    this.judgesOutputs = this.judge.tensors.every((name) => outputs.has(name));
  }

  async score(path: string): Promise<Score> {
    const answer = await compareOutputs(this.bench, this.kept, path);
    const outputs = answer.becameNonFinite ? Number.NEGATIVE_INFINITY : answer.decibels;
    const scoreDb =
      this.judgesOutputs || outputs === Number.NEGATIVE_INFINITY
        ? outputs
        : (await this.judge.score(path)).decibels;
    return { accuracy: answer.accuracy, scoreDb: scoreDb ?? Number.NEGATIVE_INFINITY };
  }

  within({ accuracy, scoreDb }: Score): boolean {
    return isWithin({ id: '', accuracy, scoreDb }, this.subject.maxLoss);
  }

  async profile(path: string) {
    const { dims, feeds, measure, scratch } = this.subject;
    return withFile(this.bench, path, async (file) => {
      const graph = file.infer(dims).graph;
      const { layers, added } = await profile(this.bench.engine, file, graph, feeds, measure, scratch);
      return [...layers, ...added];
    });
  }

  /** In turns with the original; the first is the cleaned float model, which the others are set against. */
  async race(paths: readonly string[]): Promise<Raced[]> {
    const { feeds, measure, original } = this.subject;
    const timings = await compareLatency(
      this.bench.engine,
      [...paths, original].map((path) => ({ path, feeds })),
      { ...measure, runs: Math.min(measure.runs, SEARCH_RUNS) },
    );
    const first = itemAt(timings, 0);
    const raced = timings.map((timing) => ({
      latency: timing.latency,
      overCleaned: speedup(first, timing, measure.seed),
    }));
    this.original ??= itemAt(raced, paths.length);
    return raced.slice(0, paths.length);
  }

  /** What was found, as people and programs read it; a candidate's file is where `files` says. */
  async report(
    found: SearchResult,
    about: Named,
  ): Promise<{ report: SearchReport; files: Map<string, string> }> {
    const { cleaned, original, maxLoss } = this.subject;
    const path = cleaned.model.file;
    const cleanedScore = await this.score(path);
    const measure = measureOf(cleanedScore.accuracy);
    const float: CandidateReport[] = [
      {
        ...blank(FLOAT, 'Original'),
        bytes: await this.bytesOf(original),
        latencyMs: this.original?.latency ?? null,
        speedupOverCleaned: this.original?.overCleaned ?? null,
      },
      {
        ...blank(CLEANED, 'Cleaned float'),
        bytes: sizeOf(cleaned),
        latencyMs: found.cleaned,
        accuracy: cleanedScore.accuracy,
      },
    ];
    const labels = labelsOf(found.found);
    const made: CandidateReport[] = [];
    for (const { id, path: file, mix, made: how, score, raced } of found.found) {
      const kept = new Map([...mix.impossible, ...mix.kept]);
      made.push({
        ...blank(id, present(labels.get(id), 'label')),
        ...(how.kind === 'mix' ? {} : { stored: true as const }),
        bytes: await this.bytesOf(file),
        latencyMs: raced?.latency ?? null,
        speedupOverCleaned: raced?.overCleaned ?? null,
        accuracy: score.accuracy,
        scoreDb: Number.isFinite(score.scoreDb) ? score.scoreDb : null,
        int8Layers: about.layersOf(mix),
        kept: about.keptOf(kept),
      });
    }
    const candidates = [...float, ...made];
    const front = frontOf(candidates, measure);
    const chosen = choose(candidates, maxLoss, measure);
    return {
      report: {
        pair: about.pair,
        engine: this.bench.engine.name,
        cpu: cpuName(),
        threads: this.bench.threads,
        subject: about.subject,
        maxLoss,
        measure,
        samples: this.samples.size,
        data: this.samples.name,
        candidates: candidates.map((one) => ({ ...one, onFront: front.has(one.id) })),
        chosen,
        headline: headlineOf(candidates, chosen, maxLoss, measure),
        sensitivity: [...about.sensitivity],
        notes: [...found.notes],
        seconds: about.seconds(),
      },
      files: new Map([[CLEANED, path], ...found.found.map((one) => [one.id, one.path] as const)]),
    };
  }

  private bytesOf(path: string): Promise<number> {
    return withFile(this.bench, path, sizeOf);
  }
}

/** What a report says besides what was tried. */
export interface Named {
  readonly pair: string;
  readonly subject: string;
  readonly seconds: () => number;
  /** As the report has them. */
  readonly sensitivity: readonly SensitiveLayer[];
  /** Layers of a mix that are in int8. */
  readonly layersOf: (mix: SearchResult['found'][number]['mix']) => number;
  /** By the nodes that people know: those of the original model. */
  readonly keptOf: (kept: ReadonlyMap<NodeId, string>) => CandidateReport['kept'];
}

function blank(id: string, label: string): CandidateReport {
  return {
    id,
    label,
    bytes: 0,
    latencyMs: null,
    speedupOverCleaned: null,
    accuracy: null,
    scoreDb: null,
    int8Layers: 0,
    kept: [],
    onFront: false,
  };
}

/** Mixes are numbered in the order in which they were made. */
function labelsOf(found: SearchResult['found']): Map<string, string> {
  const labels = new Map<string, string>();
  let number = 0;
  for (const { id, made } of found) {
    if (made.kind === 'recipe') labels.set(id, factsOf(made.recipe).label);
    else if (made.kind === 'stored')
      labels.set(id, `${present(labels.get(made.of), 'label')}, the rest stored in 8 bits`);
    else labels.set(id, id === ALL ? factsOf('int8-all').label : `Mix ${++number}`);
  }
  return labels;
}
