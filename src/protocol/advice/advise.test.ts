import { describe, expect, it } from 'vitest';
import type { Comparison, Latency, LayerComparison, LayerReport, ProfileReport, Totals } from '../reports';
import type { DeviceFit } from '../targets';
import { adviseComparison, adviseModel, otherWarnings } from './advise';
import { COMPARISON_RULES } from './comparisonRules';
import { MODEL_RULES } from './modelRules';
import { notFaster } from './replaced';
import type { AdviceFacts, ComparedSituation, ModelSituation } from './situation';

const TOTALS = { macs: 300e6, parameterBytes: 1_600_000 } as Totals;

const FACTS: AdviceFacts = {
  memory: { peakBytes: null, peakTensorCount: 0, lowering: [] },
  recipe: 'int8',
  recipes: ['int8', 'int4-weights', 'float32'],
  smaller: null,
  data: null,
  devices: [],
};

function layer(id: number, parameterBytes = 0, op = 'Conv'): LayerReport {
  return {
    id: String(id),
    name: `layer${id}`,
    op,
    parameters: parameterBytes / 4,
    parameterBytes,
    shared: false,
  } as LayerReport;
}

/** A model of which nothing is worth a word. */
function model(change: Partial<ModelSituation> = {}): ModelSituation {
  return {
    report: {
      format: 'onnx',
      inputs: [
        { name: 'image', type: 'float32', shape: [1, 3, 224, 224], declaredShape: ['batch', 3, 224, 224] },
      ],
      dims: { batch: { value: 1, assumed: true } },
      assumedInputs: [],
      totals: TOTALS,
    },
    layers: [layer(0, 700_000), layer(1, 700_000), layer(2, 200_000)],
    facts: FACTS,
    profile: profile(Array.from({ length: 20 }, () => 0.05)),
    device: null,
    ...change,
  };
}

function profile(
  shares: (number | null)[],
  op = 'Conv',
  method: ProfileReport['method'] = 'own profile',
): ProfileReport {
  const layers = shares.map((share, at) => ({
    ...{ id: String(at), name: `layer${at}`, op: at === 0 ? op : 'Conv' },
    medianMs: share,
    share,
  }));
  return { layers, added: [], ...(method && { method }) } as unknown as ProfileReport;
}

/** Shares of so many layers, the first of which are given. */
function shares(...first: number[]): number[] {
  const rest = 1 - first.reduce((sum, share) => sum + share, 0);
  return [...first, ...Array.from({ length: 20 }, () => rest / 20)];
}

function only(rule: string, situation: ModelSituation) {
  const findings = adviseModel(situation);
  expect(findings.map((finding) => finding.rule)).toEqual([rule]);
  return findings[0];
}

describe('a model of which nothing is worth a word', () => {
  it('gets no advice', () => expect(adviseModel(model())).toEqual([]));
  it('gets none either where nothing is known', () => {
    const totals = { macs: null, parameterBytes: null } as Totals;
    expect(adviseModel(model({ report: { ...model().report, totals }, facts: null, profile: null }))).toEqual(
      [],
    );
  });
});

describe('a device that the model is for', () => {
  const room = (needed: number | null, has: number | null) => ({
    needed,
    has,
    left: needed === null || has === null ? null : has - needed,
  });
  const fit = (flash: DeviceFit['flash'], ram: DeviceFit['ram']) => ({
    ...{ device: 'chip', name: 'Chip', flash, ram, ramOf: 'activations', weightsMs: null },
    source: { title: '', url: '', version: '', looked: '' },
  });
  const on = (one: DeviceFit, device: string | null = 'chip') =>
    model({ facts: { ...FACTS, devices: [one] }, device });

  it('is too small, in flash or in RAM or in both', () => {
    const finding = only('too large for the device', on(fit(room(3e6, 2e6), room(885e3, 512e3))));
    expect(finding).toMatchObject({
      text: 'It does not fit the Chip: it has 2.00 MB of flash, and the model’s files take 3.00 MB, which is 1.00 MB too much; it has 512 kB of RAM, and activations take 885 kB, which is 373 kB too much.',
      action: { kind: 'device', device: 'chip' },
    });
    const ram = only('too large for the device', on(fit(room(1, null), room(885e3, 512e3))));
    expect(ram?.text).not.toContain('flash');
  });

  it('is large enough, not known, or not chosen', () => {
    expect(adviseModel(on(fit(room(2e6, 2e6), room(1, 512e3))))).toEqual([]);
    expect(adviseModel(on(fit(room(null, 2e6), room(885e3, null))))).toEqual([]);
    expect(adviseModel(on(fit(room(3e6, 2e6), room(1, 2)), null))).toEqual([]);
    expect(adviseModel(on(fit(room(3e6, 2e6), room(1, 2)), 'another'))).toEqual([]);
  });
});

describe('assumed sizes', () => {
  const open = (declaredShape: (string | null)[], macs: number | null = 1000) =>
    model({
      report: {
        ...model().report,
        inputs: [{ name: 'image', type: 'float32', shape: [1, 3, 1, 1], declaredShape }],
        dims: Object.fromEntries(
          ['batch', 'height', 'width'].map((name) => [name, { value: 1, assumed: true }]),
        ),
        assumedInputs: ['image'],
        totals: { ...TOTALS, macs },
      },
    });

  it('names the sizes, and what the figures are of', () => {
    const finding = only('assumed sizes', open(['batch', null, 'height', 'width'], 1234));
    expect(finding?.text).toBe(
      'image, height, width have no size and were assumed 1, which makes image 1×3×1×1: 1.23 k MACs are of that. Set the sizes that you use.',
    );
    expect(finding?.action).toMatchObject({
      kind: 'dimensions',
      dims: ['height', 'width'],
      inputs: ['image'],
    });
  });
  it('says that figures are unknown where they are', () => {
    expect(only('assumed sizes', open(['batch', null], null))?.text).toContain(
      '1×3×1×1, so MACs are not known',
    );
  });
  it('says nothing of the batch, wherever it stands, nor of sizes that the user gave', () => {
    expect(adviseModel(open(['batch', 'batch']))).toEqual([]);
    const situation = open(['batch', 'height']);
    situation.report.dims = { height: { value: 224, assumed: false } };
    expect(adviseModel(situation)).toEqual([]);
  });
});

describe('few layers take the time', () => {
  it('counts the fewest that take half of it', () => {
    const finding = only('few layers take the time', model({ profile: profile(shares(0.3, 0.2, 0.11)) }));
    expect(finding?.text).toContain('2 layers take 50.0 % of the time');
    expect(finding?.layers.map(({ id }) => id)).toEqual(['0', '1']);
  });
  it('says nothing of a model whose layers share it, has few of them, or has no shares', () => {
    expect(adviseModel(model({ profile: profile(shares(0.1, 0.1)) }))).toEqual([]);
    expect(adviseModel(model({ profile: profile([0.6, 0.3, 0.1]) }))).toEqual([]);
    expect(adviseModel(model({ profile: profile(shares(0.6).map(() => null)) }))).toEqual([]);
  });
});

describe('padding takes time', () => {
  it('offers cleaning, which folds it', () => {
    const finding = only('padding takes time', model({ profile: profile(shares(0.1), 'Pad') }));
    expect(finding?.text).toContain('Padding takes 10.0 % of the time');
    expect(finding?.action).toMatchObject({ kind: 'quantize', options: { recipe: 'float32' } });
  });
  it('says where timing layers alone may be the reason, and offers nothing where nothing folds it', () => {
    const facts = { ...FACTS, recipes: [] };
    const finding = only(
      'padding takes time',
      model({ facts, profile: profile(shares(0.1), 'PAD', 'layers alone') }),
    );
    expect(finding?.text).toContain('may be an artefact');
    expect(finding?.action).toBeNull();
  });
  it('says nothing of a little, nor of another operator', () => {
    expect(adviseModel(model({ profile: profile(shares(0.02), 'Pad') }))).toEqual([]);
    expect(adviseModel(model({ profile: profile(shares(0.1), 'Conv') }))).toEqual([]);
  });
});

describe('heavy weights', () => {
  const smaller = { id: '0', recipe: 'int4-weights', type: 'int4', bytes: 200_000 } as const;
  const heavy = [layer(0, 1_200_000), layer(1, 400_000)];

  it('says what the largest layer would save', () => {
    const finding = only('heavy weights', model({ layers: heavy, facts: { ...FACTS, smaller } }));
    expect(finding?.text).toBe(
      '75.0 % of the weights (1.20 MB) are in one layer: int4 saves 1.00 MB of them.',
    );
    expect(finding?.action).toMatchObject({ options: { recipe: 'int4-weights' } });
  });
  it('says nothing where no layer stands out, nothing makes it smaller, or hardly', () => {
    expect(adviseModel(model({ facts: { ...FACTS, smaller } }))).toEqual([]);
    expect(adviseModel(model({ layers: heavy }))).toEqual([]);
    expect(
      adviseModel(model({ layers: heavy, facts: { ...FACTS, smaller: { ...smaller, bytes: 1_190_000 } } })),
    ).toEqual([]);
  });
});

describe('data beside the model', () => {
  const data = { path: '/models/shapes/calibration', name: 'shapes/calibration', images: 50 };

  it('offers to calibrate on them', () => {
    const finding = only('data beside the model', model({ facts: { ...FACTS, data } }));
    expect(finding?.text).toContain('50 images lie in shapes/calibration');
    expect(finding?.action).toMatchObject({ options: { recipe: 'int8', calibration: { path: data.path } } });
  });
  it('says nothing where what fits the model needs no data, or it is not quantized', () => {
    expect(adviseModel(model({ facts: { ...FACTS, data, recipe: 'int8-dynamic' } }))).toEqual([]);
    expect(adviseModel(model({ facts: { ...FACTS, data, recipe: null } }))).toEqual([]);
  });
});

describe('the peak of memory', () => {
  const at = (id: number) => ({ id: String(id), name: `layer${id}` });
  const lower = (peakBytes: number, from: number) =>
    ({
      tensor: 't',
      bytes: 1,
      how: 'passed',
      from: at(from),
      to: at(from + 1),
      layersBetween: 0,
      peakBytes,
    }) as const;
  const memory = (peakBytes: number | null, ...left: number[]) =>
    model({ facts: { ...FACTS, memory: { peakBytes, peakTensorCount: 2, lowering: left.map(lower) } } });

  it('counts the tensors that must be spared, and what is left', () => {
    const finding = only('peak of memory', memory(1_000_000, 990_000, 600_000, 500_000));
    expect(finding?.text).toBe(
      'The peak of 1.00 MB is made by 2 tensors; sparing 2 between these layers leaves 600 kB.',
    );
    expect(finding?.action).toMatchObject({ kind: 'memory' });
  });
  it('says nothing of what hardly lowers it, of a small peak, and of an unknown one', () => {
    expect(adviseModel(memory(1_000_000, 990_000))).toEqual([]);
    expect(adviseModel(memory(10_000, 5_000))).toEqual([]);
    expect(adviseModel(memory(null))).toEqual([]);
  });
});

function latency(median: number): Latency {
  return { median, p90: median, ci95: [median * 0.98, median * 1.02] };
}

function compared(
  id: number,
  change: Partial<LayerComparison> = {},
  times: [number, number] = [1, 1],
): LayerComparison {
  const side = (medianMs: number) => ({
    ...{ parameterBytes: 0, activationBytes: 0, medianMs },
    layer: {
      id: String(id),
      name: `layer${id}`,
      op: 'Conv',
      type: 'float32',
      shape: [],
      parameters: 0,
      macs: 0,
    },
  });
  return {
    ...{ name: `layer${id}`, op: 'Conv', status: 'changed', changes: [], weights: [], sqnrDb: null },
    ...{ before: side(times[0]), after: side(times[1]) },
    ...change,
  };
}

/** int8 is faster than the float model, by nothing but itself, and good. */
function comparison(change: Partial<ComparedSituation> = {}): ComparedSituation {
  return {
    recipe: 'int8',
    latencyMs: timed(10, 10, 5),
    accuracy: { samples: 10, data: 'random', sqnrDb: 35, identical: false, top1Agreement: 1 },
    layers: [compared(0), compared(1)],
    warnings: [],
    ...change,
  } as ComparedSituation;
}

function timed(before: number, cleaned: number, after: number): Comparison['latencyMs'] {
  const against = (from: number) => {
    const ratio = from / after;
    const verdict = ratio > 1.02 ? 'faster' : ratio < 0.98 ? 'slower' : 'no difference measured';
    return { ratio, ci95: [ratio, ratio] as [number, number], verdict } as const;
  };
  return {
    ...{ before: latency(before), cleaned: latency(cleaned), after: latency(after) },
    ...{ speedup: against(before), speedupOverCleaned: against(cleaned) },
  };
}

describe('a comparison', () => {
  it('of which nothing is worth a word gets no advice, measured or not', () => {
    expect(adviseComparison(comparison())).toEqual([]);
    expect(adviseComparison(comparison({ latencyMs: null, accuracy: null }))).toEqual([]);
  });

  it('says what cleaning alone gains', () => {
    const [finding] = adviseComparison(comparison({ latencyMs: timed(10, 4, 3) }));
    expect(finding).toMatchObject({ rule: 'cleaning alone', action: { options: { recipe: 'float32' } } });
    expect(finding?.text).toContain('Cleaning alone makes it 2.50× faster (10.0 ms to 4.00 ms)');
    expect(adviseComparison(comparison({ recipe: 'float32', latencyMs: timed(10, 4, 4) }))).toEqual([]);
    expect(adviseComparison(comparison({ latencyMs: timed(10, 9.5, 5) }))).toEqual([]);
  });

  it('says why int8 is not faster: conversions, and layers that are slower', () => {
    const conversion = compared(2, { status: 'added', before: null }, [0, 2]);
    if (conversion.after?.layer) conversion.after.layer.kind = 'quantize';
    const situation = comparison({
      latencyMs: timed(10, 10, 10.5),
      layers: [compared(0, {}, [1, 4]), compared(1, {}, [5, 4]), conversion],
      warnings: [notFaster('int8', 'this computer'), 'Something else.'],
    });
    const findings = adviseComparison(situation);
    expect(findings.map(({ rule }) => rule)).toEqual(['not faster']);
    expect(findings[0]?.text).toBe(
      'int8 is not faster on this computer (0.95× against cleaned float) because converting to integers and back takes 19.0 % of its time and 1 layer is slower than in float, by 3.00 ms of 10.5 ms.',
    );
    expect(findings[0]?.action).toMatchObject({ options: { recipe: 'int8', keep: ['layer0'] } });
    expect(otherWarnings(situation.warnings, findings)).toEqual(['Something else.']);
  });

  it('does not make up a reason', () => {
    const situation = comparison({
      latencyMs: timed(10, 10, 10.5),
      warnings: [notFaster('int8', 'this computer')],
    });
    expect(adviseComparison(situation)).toEqual([]);
    expect(otherWarnings(situation.warnings, [])).toEqual([notFaster('int8', 'this computer')]);
  });

  it('says which two layers cost the most decibels', () => {
    const layers = [50, 46, 45, 43, 43].map((sqnrDb, at) => compared(at, { sqnrDb }));
    const [finding] = adviseComparison(comparison({ layers }));
    expect(finding).toMatchObject({
      rule: 'costly layers',
      action: { options: { keep: ['layer1', 'layer3'] } },
    });
    expect(finding?.text).toBe(
      'Behind these two layers the SQNR is 6.0 dB lower in all than before them; the outputs have 35.0 dB.',
    );
  });

  it('says nothing of losses that are small, in layers that stayed in float, or that nobody misses', () => {
    const drop = [50, 46, 45].map((sqnrDb, at) => compared(at, { sqnrDb }));
    const small = [50, 49, 48].map((sqnrDb, at) => compared(at, { sqnrDb }));
    const kept = drop.map((one) => ({ ...one, kept: 'asked for' }));
    const first = [130, 40, 39].map((sqnrDb, at) => compared(at, { sqnrDb }));
    expect(adviseComparison(comparison({ layers: first }))).toEqual([]);
    const good = { ...comparison().accuracy, sqnrDb: 60 } as Comparison['accuracy'];
    expect(adviseComparison(comparison({ layers: small }))).toEqual([]);
    expect(adviseComparison(comparison({ layers: kept }))).toEqual([]);
    expect(adviseComparison(comparison({ layers: drop, accuracy: good }))).toEqual([]);
  });
});

it('every rule has a test that it triggers', () => {
  expect([...Object.keys(MODEL_RULES), ...Object.keys(COMPARISON_RULES)]).toEqual([
    'assumed sizes',
    'few layers take the time',
    'padding takes time',
    'heavy weights',
    'data beside the model',
    'peak of memory',
    'too large for the device',
    'cleaning alone',
    'not faster',
    'costly layers',
  ]);
});
