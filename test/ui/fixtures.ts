import type { AdviceFacts } from '../../src/protocol/advice/situation';
import type { BoardModel, BoardPage } from '../../src/protocol/board';
import type { DevicesReport } from '../../src/protocol/devices';
import type { CompareOptions } from '../../src/protocol/options';
import type {
  ComparisonPage,
  GraphEdges,
  LayerDetails,
  LayerRow,
  OpenedModel,
  QuantizeDefaults,
  TensorStatistics,
} from '../../src/protocol/page';
import { RECIPES } from '../../src/protocol/recipes';
import type {
  Comparison,
  LayerComparison,
  LayerSide,
  MeasuredComparison,
  MemoryReport,
  ProfileReport,
  QuantizeReport,
  SideLayer,
} from '../../src/protocol/reports';
import type { RooflineReport } from '../../src/protocol/roofline';
import {
  type CandidateReport,
  headlineOf,
  type SearchReport,
  type SensitiveLayer,
} from '../../src/protocol/search';
import type { Answers } from './harness';

/** The same numbers at every run (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Layers of a made-up MobileNet: an expansion, a depthwise and a projection convolution a block, clipped. */
export function makeRows(count: number): LayerRow[] {
  const next = random(count);
  return Array.from({ length: count }, (_, index): LayerRow => {
    const place = index % 6;
    const isConvolution = place % 2 === 0;
    const op = isConvolution ? 'Conv' : place === 5 ? 'Add' : 'Clip';
    const block = Math.floor(index / 6);
    const size = Math.max(7, 112 >> Math.floor((index / count) * 5));
    const channels = 16 * (1 + Math.floor((index / count) * 20));
    const parameters = isConvolution
      ? Math.round(channels * (place === 2 ? 9 : channels / 2) * (0.6 + next()))
      : 0;
    const bytes = channels * size * size * 4;
    return {
      id: String(index),
      index,
      depth: 0,
      parent: null,
      hasBody: false,
      name: `/features/features.${block}/conv.${place}/${op}`,
      op,
      outputs: [
        {
          name: `tensor_${index}`,
          type: 'float32',
          shape: [1, channels, size, size],
          declaredShape: ['batch', channels, size, size],
          bytes,
        },
      ],
      parameters,
      parameterBytes: parameters * 4,
      shared: false,
      activationBytes: bytes,
      macs: isConvolution ? parameters * size * size : 0,
      elementOps: isConvolution ? 0 : bytes / 4,
    };
  });
}

export function makeOpened(
  rows: readonly LayerRow[],
  change: Partial<OpenedModel['report']> = {},
): OpenedModel {
  const sum = (value: (row: LayerRow) => number | null) =>
    rows.reduce((total, row) => total + (value(row) ?? 0), 0);
  const most = (value: (row: LayerRow) => number | null) =>
    rows.reduce((all, row) => Math.max(all, value(row) ?? 0), 0);
  const parameterBytes = sum((row) => row.parameterBytes);
  return {
    fileName: 'mobilenetv2.onnx',
    formatName: 'ONNX',
    report: {
      version: 1,
      format: 'onnx',
      file: '/models/mobilenetv2.onnx',
      fileBytes: parameterBytes + 21_345,
      externalBytes: 0,
      inputs: [
        { name: 'input', type: 'float32', shape: [1, 3, 224, 224], declaredShape: ['batch', 3, 224, 224] },
      ],
      outputs: [{ name: 'logits', type: 'float32', shape: [1, 1000], declaredShape: ['batch', 1000] }],
      dims: { batch: { value: 1, assumed: true } },
      assumedInputs: [],
      totals: {
        layers: rows.filter((row) => row.depth === 0).length,
        nodesWithSubgraphs: rows.length,
        initializerElements: sum((row) => row.parameters),
        parameters: sum((row) => row.parameters),
        parameterBytes,
        knownParameters: sum((row) => row.parameters),
        knownParameterBytes: parameterBytes,
        activationBytes: sum((row) => row.activationBytes),
        knownActivationBytes: sum((row) => row.activationBytes),
        peakActivationBytes: 2 * most((row) => row.activationBytes),
        knownPeakActivationBytes: 2 * most((row) => row.activationBytes),
        peakNode: rows[Math.min(3, rows.length - 1)]?.name ?? null,
        peakNodeId: rows[Math.min(3, rows.length - 1)]?.id ?? '',
        macs: sum((row) => row.macs),
        knownMacs: sum((row) => row.macs),
        elementOps: sum((row) => row.elementOps),
        knownElementOps: sum((row) => row.elementOps),
      },
      properties: [
        { name: 'Opset', value: '17' },
        { name: 'IR version', value: '8' },
        { name: 'Producer', value: 'pytorch 2.4.0' },
        { name: 'Graph', value: 'main_graph' },
      ],
      metadata: [{ name: 'license', value: 'Apache-2.0' }],
      bytesByType: { float32: parameterBytes },
      problems: [],
      ...change,
    },
    rows: rows.length,
    modules: 0,
    cannotRun: null,
    cannotQuantize: null,
    targets: [],
    measure: { threads: 1, runs: 30 },
    profile: null,
    imported: [],
    otherProfiles: [],
    maxima: {
      parameters: most((row) => row.parameters),
      parameterBytes: most((row) => row.parameterBytes),
      activationBytes: most((row) => row.activationBytes),
      macs: most((row) => row.macs),
    },
  };
}

function into(row: LayerRow | undefined): { fusedInto: string; fusedIntoId?: string } {
  return row === undefined ? { fusedInto: 'a constant' } : { fusedInto: row.name, fusedIntoId: row.id };
}

/** Clips are folded into the convolution before them; the engine added two rows. */
export function makeProfile(rows: readonly LayerRow[]): ProfileReport {
  const work = (row: LayerRow) =>
    row.op === 'Clip' ? 0 : 0.01 + (row.macs ?? 0) / 1e9 + (row.activationBytes ?? 0) / 1e8;
  const total = rows.reduce((sum, row) => sum + work(row), 0);
  const share = (row: LayerRow) => (0.96 * work(row)) / total;
  return {
    version: 1,
    file: 'mobilenetv2.onnx',
    engine: 'ONNX Runtime 1.30.0',
    cpu: 'Intel Xeon Platinum 8370C @ 2.80 GHz',
    threads: 1,
    runs: 30,
    latencyMs: { median: 5.12, p90: 5.47, ci95: [5.05, 5.21] },
    inputs: 'random',
    inputShapes: [{ name: 'input', shape: [1, 3, 224, 224] }],
    profileFactor: 1.04,
    layers: rows.map((row, place) =>
      row.op === 'Clip'
        ? {
            id: row.id,
            name: row.name,
            op: row.op,
            medianMs: null,
            share: null,
            ...into(rows[place - 1]),
          }
        : { id: row.id, name: row.name, op: row.op, medianMs: 5.12 * share(row), share: share(row) },
    ),
    added: [
      { name: 'input_nchwc_reorder', op: 'ReorderInput', medianMs: 0.11, share: 0.0215 },
      { name: 'logits_reorder', op: 'ReorderOutput', medianMs: 0.09, share: 0.0185 },
    ],
  };
}

/** Each layer takes what the one before it gives; the peak is where two neighbours are largest. */
export function makeMemory(rows: readonly LayerRow[]): MemoryReport {
  const given = (at: number) => rows[at]?.activationBytes ?? 0;
  const steps = rows.map(({ id, name }, at) => ({
    id,
    name,
    liveBytes: given(at) + given(at - 1),
    addedBytes: given(at),
    freedBytes: given(at - 1),
  }));
  const peakBytes = steps.reduce((most, { liveBytes }) => Math.max(most, liveBytes), 0);
  const peakStep = steps.findIndex(({ liveBytes }) => liveBytes === peakBytes);
  const layer = (at: number) => {
    const row = rows[at];
    return row === undefined ? null : { id: row.id, name: row.name };
  };
  const [before, at, after] = [layer(peakStep - 1), layer(peakStep), layer(peakStep + 1)];
  return {
    peakBytes,
    knownPeakBytes: peakBytes,
    peakStep,
    steps,
    peakTensors: [
      { name: 'given', bytes: given(peakStep), role: 'made', madeBy: at, lastUsedBy: after },
      { name: 'taken', bytes: given(peakStep - 1), role: 'taken', madeBy: before, lastUsedBy: at },
    ],
    peakTensorCount: 2,
    lowering:
      at === null
        ? []
        : [
            {
              tensor: 'taken',
              bytes: given(peakStep - 1),
              how: 'passed',
              from: before,
              to: at,
              layersBetween: 0,
              peakBytes: peakBytes * 0.8,
            },
          ],
  };
}

/** Each layer for itself, in turns bound by what it can be; the ceilings are a usual computer's. */
export function makeRoofline(rows: readonly LayerRow[], profile: ProfileReport): RooflineReport {
  const bounds = ['compute', 'memory', 'overhead'] as const;
  return {
    ceilings: {
      ...{ engine: profile.engine, threads: profile.threads, cpu: profile.cpu, float: 40e9, int8: 110e9 },
      memory: [
        { workingBytes: 2 ** 18, bytesPerSecond: 60e9 },
        { workingBytes: 2 ** 26, bytesPerSecond: 9e9 },
      ],
    },
    layers: rows.map(({ id, name, op, macs, activationBytes, parameterBytes }, at) => {
      const medianMs = profile.layers[at]?.medianMs ?? null;
      const movedBytes = 2 * (activationBytes ?? 0) + (parameterBytes ?? 0);
      const rate = (work: number) => (medianMs === null ? null : (1000 * work) / medianMs);
      return {
        ...{ id, name, op, macs, movedBytes, medianMs },
        intensity: (macs ?? 0) / movedBytes,
        macsPerSecond: rate(macs ?? 0),
        bytesPerSecond: rate(movedBytes),
        ...{ macsCeiling: 40e9, bytesCeiling: 9e9 },
        reached: medianMs === null ? null : 0.625,
        bound: medianMs === null ? null : (bounds[at % 3] ?? null),
      };
    }),
  };
}

export function makeDetails(row: LayerRow, rows: readonly LayerRow[]): LayerDetails {
  const previous = rows[row.index - 1];
  const weight = { name: `${row.name}.weight`, type: 'float32', shape: [32, 16, 3, 3] };
  return {
    row: row.index,
    name: row.name,
    op: row.op,
    description: null,
    attributes:
      row.op === 'Conv'
        ? [
            { name: 'dilations', value: '1, 1' },
            { name: 'group', value: '1' },
            { name: 'kernel_shape', value: '3, 3' },
            { name: 'pads', value: '1, 1, 1, 1' },
            { name: 'strides', value: '2, 2' },
          ]
        : [],
    inputs: [
      {
        name: previous?.outputs[0]?.name ?? 'input',
        type: 'float32',
        shape: previous?.outputs[0]?.shape ?? [1, 3, 224, 224],
        declaredShape: null,
        producer: previous?.index ?? null,
        constant: false,
      },
      ...(row.parameters ? [{ ...weight, declaredShape: null, producer: null, constant: true }] : []),
    ],
    outputs: row.outputs.map((output) => ({
      ...output,
      consumers: row.index + 1 < rows.length ? [row.index + 1] : [],
    })),
    weights:
      row.parameters && row.parameterBytes
        ? [{ ...weight, bytes: row.parameterBytes, elements: row.parameters, shared: row.shared }]
        : [],
    problems: [],
  };
}

export function makeStatistics(tensor: string): TensorStatistics {
  const counts = Array.from({ length: 48 }, (_, place) =>
    Math.round(2000 * Math.exp(-(((place - 22) / 7) ** 2))),
  );
  const elements = counts.reduce((sum, count) => sum + count, 0);
  return {
    tensor,
    elements,
    read: elements,
    min: -0.4312,
    max: 0.5127,
    mean: 0.0013,
    std: 0.0921,
    zeros: 12,
    nonFinite: 0,
    histogram: { from: -0.4312, to: 0.5127, counts },
  };
}

export function makeDefaults(): QuantizeDefaults {
  return {
    recipe: 'int8',
    reason: 'a convolutional network',
    possible: true,
    recipes: RECIPES.filter(({ formats }) => formats.includes('onnx')).map(({ name, suffix }) => ({
      recipe: name,
      refusal: null,
      ports: false,
      rounds: false,
      output: `/models/mobilenetv2.${suffix}.onnx`,
    })),
    options: {
      threads: 1,
      runs: 30,
      calibrationSamples: 100,
      activations: 'auto',
      ports: 'float',
      measure: true,
      keep: [],
    },
    imageInput: { width: 224, height: 224, layout: 'nchw' },
    runs: true,
    choosesActivations: true,
    weightsAlone: false,
    groupSizes: [16, 32, 64, 128, 256],
    weightForms: true,
    sequence: null,
    preprocessing: null,
  };
}

/** Each row takes what the one before it gives. */
export function chain(from: number, to: number): GraphEdges {
  const rows = Array.from({ length: to - from }, (_, place) => from + place);
  return {
    counts: rows.map(() => 1),
    sources: rows.map((row) => row - 1),
    slots: rows.map(() => 0),
    outputs: [],
  };
}

/** Nothing that a rule could stand on. */
export const NO_FACTS: AdviceFacts = {
  memory: { peakBytes: null, peakTensorCount: 0, lowering: [] },
  recipe: null,
  recipes: [],
  smaller: null,
  data: null,
  devices: [],
};

/** This computer, a phone, one that does not trust this computer, and a board. */
export function makeDevices(): DevicesReport {
  const unknown = { model: null, soc: null, system: null, abi: null };
  return {
    version: 1,
    devices: [
      { ...unknown, id: 'computer', kind: 'computer', name: 'this computer', state: 'ready' },
      {
        ...{ id: '28121FDH2000AB', kind: 'adb', name: 'Pixel 8', model: 'Pixel 8', soc: 'Tensor G3' },
        ...{ system: 'Android 16', abi: 'arm64-v8a', state: 'ready' },
      },
      {
        ...unknown,
        ...{ id: 'R58N', kind: 'adb', name: 'R58N', state: 'unauthorized' },
        problem: 'R58N does not trust this computer yet: unlock it and allow USB debugging there.',
      },
      {
        ...unknown,
        id: 'ssh:pi@board',
        kind: 'ssh',
        name: 'Raspberry Pi 5',
        system: 'Debian 13',
        state: 'ready',
      },
    ],
    problems: [],
  };
}

/** What pages ask the editor for besides what they show. */
export const BESIDE: Answers = {
  engines: () => null,
  copy: () => null,
  save: () => null,
  openModel: () => null,
  showLog: () => null,
};

/** A host that has a model of these rows. */
export function modelAnswers(rows: readonly LayerRow[], opened: OpenedModel = makeOpened(rows)): Answers {
  return {
    open: () => opened,
    rows: ({ from, to }) => rows.slice(from, to),
    modules: () => [],
    edges: ({ from, to }) => chain(from, to),
    details: ({ row }) => {
      const layer = rows[row];
      if (layer === undefined) throw new Error(`There is no row ${row}.`);
      return makeDetails(layer, rows);
    },
    find: () => [],
    memory: () => makeMemory(rows),
    roofline: () => makeRoofline(rows, makeProfile(rows)),
    measureCeilings: () => makeRoofline(rows, makeProfile(rows)),
    adviceFacts: () => NO_FACTS,
    budgets: () => [],
    weightPrecisions: ({ tensor }) => ({
      tensor,
      axis: 0,
      forms: [
        { label: 'int8, one scale', sqnrDb: 31.25, identical: false },
        { label: 'int8, a scale a channel', sqnrDb: null, identical: true },
      ],
    }),
    statistics: ({ tensor }) => makeStatistics(tensor),
    profile: () => makeProfile(rows),
    engines: () => [makeProfile(rows).engine],
    devices: () => makeDevices(),
    chooseDevice: () => null,
    quantizeDefaults: () => makeDefaults(),
    wantedRow: () => null,
    revealText: () => null,
    cancel: () => null,
    copy: () => null,
    save: ({ name }) => ({ path: `/saved/${name}` }),
    showLog: () => null,
    openModel: () => null,
    choosePath: ({ what }) => ({ path: `/chosen/${what}` }),
  };
}

/** What follows a quantization. */
export type QuantizedPage = ComparisonPage & { comparison: QuantizeReport & MeasuredComparison };

/** The model before and after int8: three layers stayed in float. */
export function makeComparison(rows: readonly LayerRow[]): QuantizedPage {
  const { totals } = makeOpened(rows).report;
  const profile = makeProfile(rows);
  const comparison: QuantizeReport & MeasuredComparison = {
    version: 1,
    input: '/models/mobilenetv2.onnx',
    output: '/models/mobilenetv2.int8.onnx',
    recipe: 'int8',
    pair: 'uint8/int8',
    format: { before: 'onnx', after: 'onnx' },
    bytes: { before: 14_180_000, after: 3_730_000 },
    parameterBytes: { before: 13_960_000, after: 3_560_000 },
    peakActivationBytes: { before: 6_020_000, after: 2_410_000 },
    totals: {
      before: totals,
      after: { ...totals, parameterBytes: 3_560_000, peakActivationBytes: 2_410_000 },
    },
    bytesByType: { before: { float32: 13_960_000 }, after: { int8: 3_440_000, int32: 120_000 } },
    changes: [{ what: 'opset', before: '17', after: '13' }],
    statuses: { unchanged: 0, changed: 0, added: 0, removed: 0, folded: 0 },
    latencyMs: {
      before: { median: 5.12, p90: 5.47, ci95: [5.05, 5.21] },
      cleaned: { median: 4.71, p90: 4.9, ci95: [4.66, 4.78] },
      after: { median: 2.93, p90: 3.1, ci95: [2.88, 2.99] },
      speedup: { ratio: 1.747, ci95: [1.7, 1.79], verdict: 'faster' },
      speedupOverCleaned: { ratio: 1.61, ci95: [1.57, 1.64], verdict: 'faster' },
    },
    engine: 'ONNX Runtime 1.30.0',
    cpu: 'Intel Xeon Platinum 8370C @ 2.80 GHz',
    threads: 1,
    accuracy: {
      samples: 200,
      data: 'shapes/validation',
      sqnrDb: 29.4,
      identical: false,
      top1Agreement: 0.985,
      top1: { before: 0.97, after: 0.965 },
    },
    seconds: 18.4,
    layers: rows.map((row, place) => {
      const kept = row.op === 'Conv' && place % 20 === 8;
      const medianMs = profile.layers[place]?.medianMs ?? null;
      const fused = profile.layers[place]?.fusedInto !== undefined;
      const [output] = row.outputs;
      const layer: SideLayer = {
        id: row.id,
        name: row.name,
        op: row.op,
        type: output?.type ?? null,
        shape: output?.shape ?? null,
        parameters: row.parameters,
        macs: row.macs,
      };
      const { parameterBytes, activationBytes } = row;
      const side: LayerSide = { parameterBytes, activationBytes, medianMs, layer };
      const folded = row.op === 'Clip';
      const weight = { name: `${row.name}.weight`, shape: [16, 3, 3, 3] };
      return {
        name: row.name,
        op: row.op,
        status: folded ? 'folded' : kept ? 'unchanged' : 'changed',
        changes:
          folded || kept
            ? []
            : [
                {
                  what: `weight ${weight.name}`,
                  before: 'float32 16×3×3×3',
                  after: 'int8 16×3×3×3, SQNR 41.2 dB',
                },
              ],
        weights:
          folded || kept || row.parameters === 0
            ? []
            : [
                {
                  before: { ...weight, type: 'float32', bytes: 1728 },
                  after: { ...weight, type: 'int8', bytes: 432 },
                  identical: false,
                  sqnrDb: 41.2 - place * 0.01,
                  elements: 432,
                },
              ],
        before: fused ? { ...side, ...into(rows[place - 1]) } : side,
        after: folded
          ? { parameterBytes: 0, activationBytes: 0, medianMs: null, ...into(rows[place - 1]) }
          : {
              layer,
              parameterBytes: kept ? row.parameterBytes : (row.parameterBytes ?? 0) / 4,
              activationBytes: row.activationBytes === null ? null : row.activationBytes / 4,
              medianMs: medianMs === null ? null : medianMs * (kept ? 1.02 : 0.55),
            },
        sqnrDb: row.op === 'Clip' ? null : 45 - place * 0.2,
        ...(kept ? { kept: 'int8 was slower on this computer: 0.21 ms against 0.17 ms' } : {}),
      };
    }),
    warnings: ['One set of data was given: 100 samples calibrated, 200 others measured the accuracy.'],
  };
  for (const { status } of comparison.layers) comparison.statuses[status]++;
  return {
    id: 'a',
    comparison,
    beforeName: 'mobilenetv2.onnx',
    afterName: 'mobilenetv2.int8.onnx',
    beforeIsHead: false,
    outdated: { before: null, after: null },
    options: null,
    cannotRun: null,
    keepsCandidates: false,
  };
}

/** The same model a week later, not run: a layer in fifty is changed, added, removed or folded. */
export function makeStatic(rows: readonly LayerRow[]): ComparisonPage {
  const page = makeComparison(rows);
  const { recipe: _, pair: __, ...quantized } = page.comparison;
  const others = ['changed', 'added', 'removed', 'folded'] as const;
  const layers = quantized.layers.map((layer, place): LayerComparison => {
    const status =
      place % 50 === 1 ? (others[Math.floor(place / 50) % others.length] ?? 'changed') : 'unchanged';
    const side: LayerSide = { ...layer.before, parameterBytes: 1728, activationBytes: 4096, medianMs: null };
    const elsewhere = {
      parameterBytes: 0,
      activationBytes: 0,
      medianMs: null,
      ...into(rows[place - 1]),
    };
    return {
      name: layer.name,
      op: layer.op,
      status,
      before: status === 'added' ? null : side,
      after: status === 'removed' ? null : status === 'folded' ? elsewhere : side,
      changes: status === 'changed' ? [{ what: 'strides', before: '[1, 1]', after: '[2, 2]' }] : [],
      weights: [],
      sqnrDb: null,
    };
  });
  const statuses = { unchanged: 0, changed: 0, added: 0, removed: 0, folded: 0 };
  for (const { status } of layers) statuses[status]++;
  const comparison: Comparison = {
    ...quantized,
    input: '/models/v1.onnx',
    output: '/models/v2.onnx',
    bytes: { before: 14_180_000, after: 14_270_000 },
    bytesByType: { before: { float32: 13_960_000 }, after: { float32: 14_050_000 } },
    changes: [],
    statuses,
    latencyMs: null,
    engine: null,
    cpu: null,
    threads: null,
    accuracy: null,
    seconds: 0.1,
    layers,
    warnings: [],
  };
  const options: CompareOptions = {
    models: [comparison.input, comparison.output],
    threads: 1,
    runs: 30,
    dims: {},
    shapes: {},
    data: null,
    preprocessing: null,
    seed: 0,
    measure: true,
  };
  return { ...page, comparison, options, beforeName: 'v1.onnx', afterName: 'v2.onnx' };
}

/** Candidates of a search on labelled images: three mixes beside the float models and everything in int8. */
export function makeSearch(rows: readonly LayerRow[], change: Partial<SearchReport> = {}): SearchReport {
  const accuracy = (after: number, sqnrDb: number) => ({
    samples: 200,
    data: 'shapes/validation',
    sqnrDb,
    identical: false,
    top1Agreement: after + 0.01,
    top1: { before: 0.97, after },
  });
  const kept = (count: number) =>
    rows.slice(0, count).map(({ id, name, op }, place) => ({
      id,
      name,
      op,
      reason:
        place % 2 === 0
          ? 'in int8 it alone would bring the outputs to 18.3 dB (31 % of what all layers lose)'
          : 'it takes 0.214 ms in int8 with conversions, 0.187 ms in float',
    }));
  const made = (
    id: string,
    label: string,
    ratio: number,
    bytes: number,
    inFloat: number,
    scored: ReturnType<typeof accuracy>,
    onFront = true,
  ): CandidateReport => ({
    id,
    label,
    bytes,
    latencyMs: { median: 4.71 / ratio, p90: 5 / ratio, ci95: [4.6 / ratio, 4.8 / ratio] },
    speedupOverCleaned: {
      ratio,
      ci95: [ratio * 0.97, ratio * 1.03],
      verdict: ratio > 1.04 ? 'faster' : 'no difference measured',
    },
    accuracy: scored,
    scoreDb: scored.sqnrDb,
    int8Layers: rows.length - inFloat,
    kept: kept(inFloat),
    onFront,
  });
  const float = { scoreDb: null, int8Layers: 0, kept: [], onFront: true };
  const candidates: CandidateReport[] = [
    {
      ...float,
      id: 'float',
      label: 'Original',
      bytes: 14_180_000,
      latencyMs: { median: 5.12, p90: 5.47, ci95: [5.05, 5.21] },
      speedupOverCleaned: { ratio: 0.92, ci95: [0.9, 0.94], verdict: 'slower' },
      accuracy: null,
    },
    {
      ...float,
      id: 'cleaned',
      label: 'Cleaned float',
      bytes: 13_900_000,
      latencyMs: { median: 4.71, p90: 4.9, ci95: [4.66, 4.78] },
      speedupOverCleaned: null,
      accuracy: { ...accuracy(0.97, 140), top1Agreement: 1 },
    },
    made('int8-all', 'int8, every layer', 1.86, 3_600_000, 0, accuracy(0.931, 16.2)),
    made('mix-1', 'Mix 1', 1.61, 3_730_000, 3, accuracy(0.965, 29.4)),
    made('mix-2', 'Mix 2', 1.35, 6_100_000, 6, accuracy(0.97, 34.8)),
    made('mix-3', 'Mix 3', 1.02, 9_400_000, 9, accuracy(0.97, 39.9), false),
  ];
  return {
    pair: 'uint8/int8',
    engine: 'ONNX Runtime 1.30.0',
    cpu: 'Intel Xeon Platinum 8370C @ 2.80 GHz',
    threads: 1,
    subject: 'made up',
    maxLoss: 1,
    measure: 'top-1',
    samples: 200,
    data: 'shapes/validation',
    candidates,
    chosen: 'mix-1',
    headline: headlineOf(candidates, 'mix-1', 1, 'top-1'),
    sensitivity: SENSITIVE,
    notes: [],
    seconds: 58,
    ...change,
  };
}

/** Layers that lose most, with and without a cause. */
export const SENSITIVE: SensitiveLayer[] = [
  {
    id: '4',
    name: '/features/features.2/conv/conv.0/Conv',
    op: 'Conv',
    sqnrDb: 17.3,
    share: 0.71,
    cause: 'channel 12 reaches 48.2, half of the others no more than 3.1',
  },
  { id: '9', name: '/features/features.4/Add', op: 'Add', sqnrDb: 24.9, share: 0.12, cause: null },
];

/** A quantization whose candidates are still there. */
export function makeSearched(rows: readonly LayerRow[], change: Partial<SearchReport> = {}): QuantizedPage {
  const page = makeComparison(rows);
  return {
    ...page,
    keepsCandidates: true,
    comparison: { ...page.comparison, search: makeSearch(rows, change) },
  };
}

/** A board of a float model with three others, of which the last was not run. */
export function makeBoard(rows: readonly LayerRow[]): BoardPage {
  const { comparison } = makeComparison(rows);
  const self: Comparison = {
    ...makeStatic(rows).comparison,
    input: comparison.input,
    output: comparison.input,
    bytes: { before: comparison.bytes.before, after: comparison.bytes.before },
  };
  const { latencyMs, accuracy } = comparison;
  const half: Comparison = {
    ...comparison,
    output: '/models/mobilenetv2.float16.onnx',
    bytes: { before: 14_180_000, after: 7_120_000 },
    latencyMs: latencyMs && {
      before: latencyMs.before,
      after: { median: 6.4, p90: 6.6, ci95: [6.3, 6.5] },
      speedup: { ratio: 0.8, ci95: [0.78, 0.82], verdict: 'slower' },
    },
    accuracy: { ...accuracy, sqnrDb: 62.1, top1Agreement: 1, top1: { before: 0.97, after: 0.97 } },
  };
  const unrun = { ...makeStatic(rows).comparison, output: '/models/later.onnx' };
  const model = (id: string, name: string, of: Comparison): BoardModel => ({
    id,
    path: of.output,
    name,
    comparison: of,
    became: null,
  });
  return {
    models: [
      model('a', 'mobilenetv2.onnx', self),
      model('b', 'mobilenetv2.int8.onnx', comparison),
      model('c', 'mobilenetv2.float16.onnx', half),
      model('d', 'a_name_that_is_much_longer_than_any_column_of_the_board_is_wide.onnx', unrun),
    ],
    cannotRun: null,
  };
}
