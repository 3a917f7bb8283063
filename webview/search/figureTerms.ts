import type { TableRow } from '../model/rows';

/** What a search can compare with a number. */
export interface SearchFigure {
  /** Its name in a search, and others that are understood. */
  readonly names: readonly [string, ...string[]];
  /** In plain words, for whoever wrote a wrong term. */
  readonly example: string;
  /** What a number with this unit, in lower case, means; undefined where the figure has no such unit. */
  readonly units: Readonly<Record<string, number>>;
  value(row: TableRow): number | null;
}

const COUNTS = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
const BYTES = {
  ...COUNTS,
  ...{ b: 1, kb: 1e3, mb: 1e6, gb: 1e9 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 },
};

/** A part of the whole latency, where `%` follows the number. */
export const SHARE: SearchFigure = {
  names: ['share'],
  example: 'share>5%',
  units: { '%': 0.01, '': 0.01 },
  value: ({ latency }) => latency?.share ?? null,
};

/** By which figures one can search. */
export const SEARCH_FIGURES: readonly SearchFigure[] = [
  { names: ['macs', 'mac'], example: 'macs>10M', units: COUNTS, value: ({ macs }) => macs },
  {
    names: ['params', 'parameters'],
    example: 'params>=1k',
    units: COUNTS,
    value: ({ parameters }) => parameters,
  },
  {
    names: ['bytes', 'weights'],
    example: 'bytes>100kB',
    units: BYTES,
    value: ({ parameterBytes }) => parameterBytes,
  },
  {
    names: ['activations', 'activation'],
    example: 'activations>1MB',
    units: BYTES,
    value: ({ activationBytes }) => activationBytes,
  },
  {
    names: ['latency', 'ms'],
    example: 'latency>5%',
    units: { '': 1, ms: 1, us: 1e-3, µs: 1e-3, s: 1e3 },
    value: ({ latency }) => latency?.medianMs ?? null,
  },
  SHARE,
];
