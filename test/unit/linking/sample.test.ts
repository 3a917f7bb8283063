import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { layerCounts, moduleCounts } from '../../../src/python/linking/counts';
import type { ModelIndex } from '../../../src/python/linking/modelIndex';
import type { LayerLink, ModuleLink } from '../../../src/python/linking/moduleLink';
import type { SourceModule } from '../../../src/python/sourceFile';
import { SAMPLE } from '../support';
import { indexOf, linked, parse } from './support';

/**
 * `sum(p.numel() for p in net.parameters())` and the elements of running_mean and running_var, as PyTorch 2.15 counts
 * them for models/shapes_mobilenetv2.py. Its state_dict has the names, shapes and order of the training script's.
 */
const PYTORCH_PARAMETERS = 408_938;
const PYTORCH_STATISTICS = 14_080;
/** What `caliper inspect` and other tools count in the exported file. */
const FILE_PARAMETERS = 401_898;

/** Channels in and out, stride and expansion of the seventeen blocks: table 2 of the paper at width 0.35. */
const BLOCKS = [
  [16, 8, 1],
  [8, 8, 6],
  [8, 8, 6],
  [8, 16, 6],
  [16, 16, 6],
  [16, 16, 6],
  [16, 24, 6],
  [24, 24, 6],
  [24, 24, 6],
  [24, 24, 6],
  [24, 32, 6],
  [32, 32, 6],
  [32, 32, 6],
  [32, 56, 6],
  [56, 56, 6],
  [56, 56, 6],
  [56, 112, 6],
] as const;

/** Every layer as `path layer → operator at node: elements`, written down from the paper, not from the model. */
function expectedTable(): string[] {
  const table: string[] = [];
  const group = (
    path: string,
    first: number,
    scope: string,
    elements: number,
    channels: number,
    relu: boolean,
  ) => {
    const node = `/${scope}`;
    table.push(`${path}.${first} Conv2d → Conv ${node}.${first}/Conv: ${elements} + ${channels}`);
    table.push(`${path}.${first + 1} BatchNorm2d → folded into ${path}.${first}`);
    if (relu) table.push(`${path}.${first + 2} ReLU6 → Clip ${node}.${first + 2}/Clip`);
  };
  group('features.0', 0, 'features/features.0/features.0', 3 * 16 * 9, 16, true);
  BLOCKS.forEach(([input, output, expansion], block) => {
    const path = `features.${block + 1}.conv`;
    const scope = `features/features.${block + 1}/conv/conv`;
    const hidden = input * expansion;
    let first = 0;
    if (expansion > 1) {
      group(path, first, scope, input * hidden, hidden, true);
      first += 3;
    }
    group(path, first, scope, hidden * 9, hidden, true);
    group(path, first + 3, scope, hidden * output, output, false);
  });
  group('features.18', 0, 'features/features.18/features.18', 112 * 1280, 1280, true);
  table.push('classifier.0 Dropout → removed');
  table.push('classifier.1 Linear → Gemm /classifier/classifier.1/Gemm: 12800 + 10');
  return table;
}

function describeLink(link: ModuleLink, path: string, layer: LayerLink): string {
  const start = `${path} ${layer.call.layer} →`;
  if (layer.state === 'folded') return `${start} folded into ${layer.into}`;
  if (layer.state !== 'linked') return `${start} ${layer.state}`;
  const [row, second] = layer.rows;
  expect(second).toBeUndefined();
  const counts = layerCounts(link, layer);
  expect(counts?.agree).toBe(true);
  const elements = row?.weights.map((one) => one.elements).sort((a, b) => b - a) ?? [];
  return `${start} ${row?.op} ${row?.name}${elements.length > 0 ? `: ${elements.join(' + ')}` : ''}`;
}

describe('models/shapes_mobilenetv2.py', () => {
  let modules: readonly SourceModule[];
  let index: ModelIndex;

  beforeAll(async () => {
    modules = await parse(readFileSync(resolve('models/shapes_mobilenetv2.py'), 'utf8'));
    index = indexOf(SAMPLE);
  });

  const network = () => modules.find(({ name }) => name === 'MobileNetV2');

  it('has every layer linked to the sample, or said what became of it', () => {
    const link = linked(network(), index);
    expect([...link.layers].map(([path, layer]) => describeLink(link, path, layer))).toEqual(expectedTable());
  });

  it('counts what PyTorch counts, and after folding what the file holds', () => {
    const counts = moduleCounts(linked(network(), index));
    expect(counts).toEqual({
      parameters: PYTORCH_PARAMETERS,
      statistics: PYTORCH_STATISTICS,
      foldedParameters: PYTORCH_STATISTICS,
      foldedStatistics: PYTORCH_STATISTICS,
      addedBiases: PYTORCH_STATISTICS / 2,
      model: FILE_PARAMETERS,
      agree: true,
    });
    expect(PYTORCH_PARAMETERS - PYTORCH_STATISTICS + PYTORCH_STATISTICS / 2).toBe(FILE_PARAMETERS);
    expect(index.parameters).toBe(FILE_PARAMETERS);
  });

  it('is found in the Core ML program of the same network', () => {
    const link = linked(network(), indexOf(resolve('models/shapes_mobilenetv2.mlpackage/Manifest.json')));
    const states = [...link.layers.values()].map(({ state }) => state);
    expect(states.filter((state) => state === 'linked')).toHaveLength(88);
    expect(states.filter((state) => state === 'folded')).toHaveLength(52);
    expect(moduleCounts(link)?.model).toBe(FILE_PARAMETERS);
  });

  it('gives every row with weights to one layer', () => {
    const link = linked(network(), index);
    const rows = [...link.layers.values()].flatMap((layer) =>
      layer.state === 'linked' ? layer.rows.map(({ row }) => row) : [],
    );
    expect(new Set(rows).size).toBe(rows.length);
    const weighted = index.rows.filter(({ weights }) => weights.length > 0).map(({ row }) => row);
    expect(rows).toEqual(expect.arrayContaining(weighted));
  });
});
