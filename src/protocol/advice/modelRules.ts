import { formatBytes, formatCount, formatPercent, formatShape } from '../numbers';
import { isCalibrated } from '../recipes';
import type { LayerLatency, LayerReference } from '../reports';
import type { Room } from '../targets';
import type { Finding } from './finding';
import type { ModelSituation } from './situation';

/** What a rule says of a model; null where it has nothing to say, or a figure that it needs is not known. */
export type ModelRule = (situation: ModelSituation) => Omit<Finding, 'rule'> | null;

/** A layer with less of the weights decides nothing. */
const HEAVY = 0.5;
/** Saving less of the weights is worth nobody's time. */
const SAVED_BYTES = 50_000;
/** A smaller peak fits everywhere. */
const PEAK_BYTES = 64_000;
/** Of one sample: what is so called is 1 where nothing else is wanted. */
const BATCH = /^(batch|batch_size|bs|n)$/i;
/** Less than this part of a peak is not worth a change to the model. */
const LOWERS = 0.1;
/** So few layers take at least this part of the time. */
const MOST_OF_TIME = 0.5;
const FEW = 5;
/** Of fewer timed layers a few always take most. */
const FEWEST_TIMED = 10;
/** Padding below it is not worth cleaning for. */
const PADDING = 0.05;

/** Formats whose cleaning folds padding into convolutions. */
const FOLDS_PADS = new Set(['onnx']);
const PADS = new Set(['Pad', 'PAD', 'PADV2', 'MIRROR_PAD', 'pad']);

export const MODEL_RULES: Readonly<Record<string, ModelRule>> = {
  'assumed sizes': assumedSizes,
  'few layers take the time': fewLayers,
  'padding takes time': padding,
  'heavy weights': heavyWeights,
  'data beside the model': dataBeside,
  'peak of memory': peakOfMemory,
  'too large for the device': tooLarge,
};

/** Sizes other than the batch, without which the figures are those of another model. */
function assumedSizes({ report }: ModelSituation): Omit<Finding, 'rule'> | null {
  const { inputs, dims, assumedInputs, totals } = report;
  const named = new Set<string>();
  const nameless = new Set<string>();
  for (const { name, declaredShape } of inputs) {
    for (const size of declaredShape?.slice(1) ?? []) {
      if (typeof size === 'string' && dims[size]?.assumed && !BATCH.test(size)) named.add(size);
      if (size === null && assumedInputs.includes(name)) nameless.add(name);
    }
  }
  const names = new Set([...nameless, ...named]);
  if (names.size === 0) return null;
  const list = [...names].slice(0, 3).join(', ') + (names.size > 3 ? ', …' : '');
  const [first] = inputs.filter(({ name, declaredShape }) =>
    declaredShape?.some((size) => names.has(typeof size === 'string' ? size : name)),
  );
  const macs =
    totals.macs === null ? ', so MACs are not known' : `: ${formatCount(totals.macs)} MACs are of that`;
  return {
    text: `${list} ${names.size === 1 ? 'has' : 'have'} no size and ${names.size === 1 ? 'was' : 'were'} assumed 1, which makes ${first?.name ?? 'the input'} ${formatShape(first?.shape)}${macs}. Set the sizes that you use.`,
    layers: [],
    action: { kind: 'dimensions', label: 'Set sizes', dims: [...named], inputs: [...nameless] },
  };
}

function fewLayers({ profile }: ModelSituation): Omit<Finding, 'rule'> | null {
  const timed = timedLayers(profile);
  if (timed.length < FEWEST_TIMED) return null;
  let share = 0;
  const most: LayerLatency[] = [];
  for (const layer of timed) {
    if (share >= MOST_OF_TIME) break;
    share += layer.share ?? 0;
    most.push(layer);
  }
  if (share < MOST_OF_TIME || most.length > FEW) return null;
  const layers = most.length === 1 ? '1 layer takes' : `${most.length} layers take`;
  return {
    text: `${layers} ${formatPercent(share)} of the time: what makes them faster counts, the other ${timed.length - most.length} hardly do.`,
    layers: most.flatMap(reference),
    action: null,
  };
}

function padding({ report, profile, facts }: ModelSituation): Omit<Finding, 'rule'> | null {
  const pads = timedLayers(profile).filter(({ op }) => PADS.has(op));
  const share = pads.reduce((sum, layer) => sum + (layer.share ?? 0), 0);
  if (share < PADDING) return null;
  const alone = profile?.method === 'layers alone';
  const why = alone
    ? 'each layer was timed alone, so some of it may be an artefact; a convolution that pads itself spares it'
    : 'a convolution that pads itself spares it';
  const cleans = FOLDS_PADS.has(report.format) && facts?.recipes.includes('float32');
  return {
    text: `Padding takes ${formatPercent(share)} of the time: ${why}${cleans ? ', and cleaning folds it where that is the same' : ''}.`,
    layers: pads.slice(0, FEW).flatMap(reference),
    action: cleans ? { kind: 'quantize', label: 'Clean the model', options: { recipe: 'float32' } } : null,
  };
}

function heavyWeights({ report, layers, facts }: ModelSituation): Omit<Finding, 'rule'> | null {
  const total = report.totals.parameterBytes;
  const heaviest = heavyLayer(layers, total);
  const smaller = facts?.smaller ?? null;
  if (heaviest === null || total === null || smaller === null || smaller.id !== heaviest.id) return null;
  const { id, name, bytes } = heaviest;
  if (bytes - smaller.bytes < SAVED_BYTES) return null;
  return {
    text: `${formatPercent(bytes / total)} of the weights (${formatBytes(bytes)}) are in one layer: ${smaller.type} saves ${formatBytes(bytes - smaller.bytes)} of them.`,
    layers: [{ id, name }],
    action: { kind: 'quantize', label: `Make ${smaller.recipe}`, options: { recipe: smaller.recipe } },
  };
}

/** The layer with most bytes of weights that it does not share, where that is a large part of all. */
export function heavyLayer(
  layers: ModelSituation['layers'],
  total: number | null,
): (LayerReference & { bytes: number }) | null {
  let most: (LayerReference & { bytes: number }) | null = null;
  for (const { id, name, parameterBytes, shared } of layers) {
    if (shared || parameterBytes === null || parameterBytes <= (most?.bytes ?? 0)) continue;
    most = { id, name, bytes: parameterBytes };
  }
  return most !== null && total !== null && most.bytes >= HEAVY * total ? most : null;
}

function dataBeside({ facts }: ModelSituation): Omit<Finding, 'rule'> | null {
  const { recipe = null, data = null } = facts ?? {};
  if (recipe === null || data === null || !isCalibrated(recipe)) return null;
  return {
    text: `${data.images.toLocaleString('en-US')} images lie in ${data.name} beside the model: calibrate ${recipe} on them, not on random numbers.`,
    layers: [],
    action: {
      kind: 'quantize',
      label: 'Quantize with them',
      options: { recipe, calibration: { path: data.path, labels: null, labelOffset: 0 } },
    },
  };
}

function peakOfMemory({ facts }: ModelSituation): Omit<Finding, 'rule'> | null {
  const { peakBytes = null, peakTensorCount = 0, lowering = [] } = facts?.memory ?? {};
  if (peakBytes === null || peakBytes < PEAK_BYTES) return null;
  const enough = lowering.findIndex((one) => one.peakBytes <= (1 - LOWERS) * peakBytes);
  const last = lowering[enough];
  if (last === undefined) return null;
  const spared = lowering.slice(0, enough + 1);
  const made = peakTensorCount === 1 ? '1 tensor' : `${peakTensorCount} tensors`;
  return {
    text: `The peak of ${formatBytes(peakBytes)} is made by ${made}; sparing ${spared.length} between these layers leaves ${formatBytes(last.peakBytes)}.`,
    layers: distinct(spared.flatMap(({ from, to }) => (from === null ? [to] : [from, to]))),
    action: { kind: 'memory', label: 'Show the memory' },
  };
}

function tooLarge({ facts, device }: ModelSituation): Omit<Finding, 'rule'> | null {
  const fit = facts?.devices.find((one) => one.device === device);
  if (fit === undefined) return null;
  const parts = [
    ...tooSmall(fit.flash, 'flash', 'the model’s files take'),
    ...tooSmall(fit.ram, 'RAM', `${fit.ramOf} take`),
  ];
  if (parts.length === 0) return null;
  return {
    text: `It does not fit the ${fit.name}: ${parts.join('; ')}.`,
    layers: [],
    action: { kind: 'device', label: 'Show what fits', device: fit.device },
  };
}

/** What a device has too little of; nothing where it is enough, or not known. */
function tooSmall({ needed, has, left }: Room, of: string, takes: string): string[] {
  if (needed === null || has === null || left === null || left >= 0) return [];
  return [
    `it has ${formatBytes(has)} of ${of}, and ${takes} ${formatBytes(needed)}, which is ${formatBytes(-left)} too much`,
  ];
}

/** The longest first; none where the rows do not explain the whole. */
function timedLayers(profile: ModelSituation['profile']): LayerLatency[] {
  const timed = (profile?.layers ?? []).filter(({ share }) => share !== null && share > 0);
  return timed.sort((a, b) => (b.share ?? 0) - (a.share ?? 0));
}

function reference({ id, name }: LayerLatency): LayerReference[] {
  return id === undefined ? [] : [{ id, name }];
}

function distinct(layers: LayerReference[]): LayerReference[] {
  return [...new Map(layers.map((layer) => [layer.id, layer])).values()];
}
