import { itemAt } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import {
  CONTRACT_VERSION,
  type Interval,
  type Latency,
  type LayerLatency,
  type ProfileReport,
  type RowMark,
  type Speedup,
} from '../../protocol/reports';
import { verdict } from '../statistics';
import type { Session } from './sessions';

type Json = { readonly [name: string]: unknown };

/** What a board's `caliper profile --json` says. */
export type RemoteProfile = Pick<
  ProfileReport,
  'engine' | 'cpu' | 'threads' | 'latencyMs' | 'profileFactor' | 'layers' | 'added'
> & {
  notes: string[];
};

/** What a board's `caliper compare --json` says of latencies. */
export interface RemoteComparison {
  readonly engine: string;
  readonly cpu: string;
  readonly threads: number;
  /** Of each model. */
  readonly latencies: readonly Latency[];
  /** Of each further one over the first. */
  readonly speedups: readonly Speedup[];
  /** Of each model, by the layer's id in it. */
  readonly layers: readonly ReadonlyMap<string, LayerLatency>[];
  readonly notes: string[];
}

/**
 * Reads reports of another computer's `caliper`, which may be another version or anything at all: what is not as it
 * must be is refused, and what is not known here is left out.
 *
 * @throws ModelError with what to do
 */
export class RemoteReports {
  constructor(private readonly board: string) {}

  profile(text: string): RemoteProfile {
    const report = this.parse(text);
    return {
      ...this.place(report),
      latencyMs: this.latency(report['latencyMs']),
      profileFactor: finite(report['profileFactor']),
      layers: this.list(report['layers']).map((layer) => this.layer(layer)),
      added: this.list(report['added']).flatMap((row) => {
        const { medianMs, ...rest } = this.layer(row);
        return medianMs === null
          ? []
          : [{ name: rest.name, op: rest.op, share: rest.share, medianMs, ...markOf(row) }];
      }),
      notes: texts(report['notes']),
    };
  }

  comparison(text: string): RemoteComparison {
    const report = this.parse(text);
    const pairs = [report, ...(report['others'] === undefined ? [] : this.list(report['others']))];
    const notes = [...new Set(pairs.flatMap((pair) => texts(pair['warnings'])))];
    if (pairs.some((pair) => pair['latencyMs'] === null))
      throw new ModelError(`${this.board} measured no latency: ${notes[0] ?? 'it does not say why'}`);
    const timed = pairs.map((pair) => this.object(pair['latencyMs']));
    return {
      ...this.place(report),
      latencies: [this.latency(itemAt(timed, 0)['before']), ...timed.map(({ after }) => this.latency(after))],
      speedups: timed.map(({ speedup }) => this.speedup(speedup)),
      layers: [this.side(report, 'before'), ...pairs.map((pair) => this.side(pair, 'after'))],
      notes,
    };
  }

  /** The JSON of `litert-benchmark`, whose figures are rounded to hundredths of a millisecond. */
  benchmark(text: string): Session {
    const { median_ms: ms, num_runs: runs } = this.object(this.json(text)['latency']);
    if (ms === 0)
      throw new ModelError(
        `The model takes less than litert-benchmark on ${this.board} can tell, 0.005 ms: install caliper there to measure it.`,
      );
    return { ms: this.positive(ms), runs: this.positive(runs) };
  }

  private parse(text: string): Json {
    const report = this.json(text);
    const version = report['version'];
    if (typeof version !== 'number') throw this.wrong();
    if (version < CONTRACT_VERSION)
      throw new ModelError(
        `caliper on ${this.board} is too old for this one: install the newer version there.`,
      );
    if (version > CONTRACT_VERSION)
      throw new ModelError(
        `caliper on ${this.board} is newer than this one: install the newer version here.`,
      );
    return report;
  }

  private json(text: string): Json {
    try {
      return this.object(JSON.parse(text));
    } catch (error) {
      if (error instanceof ModelError) throw error;
      throw this.wrong();
    }
  }

  private wrong(): ModelError {
    return new ModelError(
      `${this.board} answered with something that is no report: install the same version of caliper there.`,
    );
  }

  private place(report: Json): { engine: string; cpu: string; threads: number } {
    const { engine, cpu, threads } = report;
    if (typeof engine !== 'string' || typeof cpu !== 'string') throw this.wrong();
    return { engine, cpu, threads: this.positive(threads) };
  }

  private object(value: unknown): Json {
    if (!isObject(value)) throw this.wrong();
    return value;
  }

  private list(value: unknown): Json[] {
    if (!Array.isArray(value)) throw this.wrong();
    return value.map((one) => this.object(one));
  }

  private positive(value: unknown): number {
    const number = finite(value);
    if (number === null || number <= 0) throw this.wrong();
    return number;
  }

  private interval(value: unknown): Interval {
    if (!Array.isArray(value) || value.length !== 2) throw this.wrong();
    return [this.positive(value[0]), this.positive(value[1])];
  }

  private speedup(value: unknown): Speedup {
    const { ratio, ci95 } = this.object(value);
    const interval = this.interval(ci95);
    return { ratio: this.positive(ratio), ci95: interval, verdict: verdict(interval) };
  }

  /** Layers of one model of a comparison. */
  private side(pair: Json, name: 'before' | 'after'): ReadonlyMap<string, LayerLatency> {
    const layers = new Map<string, LayerLatency>();
    for (const { [name]: side } of this.list(pair['layers'])) {
      const known = isObject(side) && isObject(side['layer']) ? { ...side, ...side['layer'] } : null;
      if (known === null || typeof known['id'] !== 'string') continue;
      layers.set(known['id'], this.layer({ ...known, share: null }));
    }
    return layers;
  }

  private latency(value: unknown): Latency {
    const { median, p90, ci95, runs, counted, unsteady } = this.object(value);
    const optional = { runs: finite(runs), counted: finite(counted) };
    return {
      median: this.positive(median),
      p90: finite(p90),
      ci95: this.interval(ci95),
      ...(optional.runs === null ? {} : { runs: optional.runs }),
      ...(optional.counted === null ? {} : { counted: optional.counted }),
      ...(unsteady === true ? { unsteady } : {}),
    };
  }

  private layer(value: Json): LayerLatency {
    const { id, name, op, medianMs, share, fusedInto, fusedIntoId } = value;
    if (typeof name !== 'string' || typeof op !== 'string') throw this.wrong();
    return {
      ...(typeof id === 'string' ? { id } : {}),
      ...{ name, op, medianMs: finite(medianMs), share: finite(share) },
      ...markOf(value),
      ...(typeof fusedInto === 'string' ? { fusedInto } : {}),
      ...(typeof fusedIntoId === 'string' ? { fusedIntoId } : {}),
    };
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function markOf({ mark }: Json): { mark?: RowMark } {
  return mark === 'scaled' || mark === 'unscaled' ? { mark } : {};
}
