import { describe, expect, it } from 'vitest';
import { inspect } from '../../src/analysis/inspect';
import { findBlocks } from '../../src/analysis/modules/repeats';
import { scopeOf } from '../../src/analysis/modules/scope';
import { openModel } from '../../src/formats';
import { present } from '../../src/model/assert';
import { nameWithin } from '../../src/protocol/moduleTree';
import type { LayerReport, ModuleReport } from '../../src/protocol/reports';
import { SAMPLE, SAMPLE_TFLITE } from './places';
import { realModels, realTfliteModels, reopen, scratchFolder } from './support';
import { makeTransformer, NODES_A_LAYER } from './transformer';

const folder = scratchFolder();

function report(path: string) {
  const file = openModel(path);
  const found = inspect(file, { dims: {}, shapes: {} });
  file.close();
  return { ...found, modules: present(found.modules, 'modules') };
}

function flat(layers: readonly LayerReport[]): LayerReport[] {
  return layers.flatMap((layer) => [layer, ...flat(layer.body ?? [])]);
}

function named(modules: readonly ModuleReport[], path: string): ModuleReport {
  return present(
    modules.find((module) => module.path === path),
    path,
  );
}

describe('scopes', () => {
  it.each([
    [{ name: '/features/features.2/conv/conv.0/Conv' }, ['features', 'features.2', 'conv', 'conv.0']],
    [{ name: 'functional_1/re_lu_1/Relu6;functional_1/conv2d_1/convolution' }, ['functional_1', 'conv2d_1']],
    [{ name: 'model.layers.3.self_attn.q_proj' }, ['model', 'layers.3', 'self_attn']],
    [{ name: 'Conv_12' }, []],
    [{ name: '///' }, []],
    [{ name: 'linear', scope: 'features.3.conv.1' }, ['features.3', 'conv.1']],
  ])('of %o', (node, expected) => expect(scopeOf(node)).toEqual(expected));
});

describe('blocks', () => {
  const chain = (kinds: string, crossing = [...kinds].map(() => 1)) => ({
    kinds: [...kinds].map((kind) => kind.charCodeAt(0)),
    crossing,
  });
  const cut = (kinds: string, crossing?: number[]) =>
    findBlocks(chain(kinds, crossing)).map(({ from, to }) => kinds.slice(from, to));

  it('are what repeats one behind the other', () => {
    expect(cut('xabcdabcdabcdy')).toEqual(['abcd', 'abcd', 'abcd']);
  });
  it('begin where one tensor crosses', () => {
    // `d` adds what came into `a`: two tensors cross before b, c and d.
    const kinds = 'bcdabcdabcdabcda';
    const crossing = [...kinds].map((kind) => (kind === 'a' ? 1 : 2));
    expect(cut(kinds, crossing)[1]).toBe('abcd');
  });
  it('are what a skip connection spans', () => {
    expect(cut('abcdefg', [0, 1, 2, 2, 1, 1, 1])).toEqual(['bcd']);
  });
  it('are none in one layer many times, and in none', () => {
    expect(cut('aaaaaaaaaaaa')).toEqual([]);
    expect(cut('')).toEqual([]);
  });
});

describe('modules', () => {
  it('of the sample are what its names say', () => {
    const { modules } = report(SAMPLE);
    expect(named(modules, 'features').layers).toBe(97);
    const block = named(modules, 'features/features.2');
    expect(block).toMatchObject({ by: 'name', layers: 5, parameters: 1304, macs: 1_354_752 });
    expect(block.parent).toBe(named(modules, 'features').id);
  });

  it('of the sample .tflite are the blocks that its graph repeats', () => {
    const { modules } = report(SAMPLE_TFLITE);
    expect(modules.filter(({ by }) => by === 'structure').length).toBeGreaterThan(4);
  });

  it('of a transformer are its layers and their parts', () => {
    const file = reopen(makeTransformer(10 * NODES_A_LAYER), folder);
    const modules = present(inspect(file, { dims: {}, shapes: {} }).modules, 'modules');
    file.close();
    expect(modules.filter(({ parent }) => parent === null).map(({ name }) => name)).toEqual(
      Array.from({ length: 10 }, (_, i) => `layers.${i}`),
    );
    // The layers share their weights: each module counts each once.
    expect(modules[0]?.layers).toBe(NODES_A_LAYER);
    expect(modules[0]?.parameters).toBe(18);
  });

  it.each([...realModels(), ...realTfliteModels()])('hold what they say: %s', (path) => {
    const { modules, layers, totals, energy } = report(path);
    const ids = new Map(modules.map((module) => [module.id, module]));
    expect(ids.size).toBe(modules.length);
    const all = flat(layers);
    expect(all.some(({ id }) => ids.has(id))).toBe(false);
    for (const layer of all) if (layer.module !== undefined) expect(ids.has(layer.module)).toBe(true);
    // Each is behind the one around it, and no larger than it.
    const seen = new Set<string>();
    for (const module of modules) {
      const around = module.parent === null ? undefined : ids.get(module.parent);
      expect(module.parent === null || seen.has(module.parent)).toBe(true);
      seen.add(module.id);
      expect(module.layers).toBeLessThanOrEqual(around?.layers ?? Number.POSITIVE_INFINITY);
      expect(module.knownMacs).toBeLessThanOrEqual(around?.knownMacs ?? totals.knownMacs);
      expect(module.knownParameters).toBeLessThanOrEqual(around?.knownParameters ?? totals.knownParameters);
      expect(module.macs === null || module.macs === module.knownMacs).toBe(true);
      expect([null, module.knownEnergyPicojoules]).toContain(module.energyPicojoules);
    }
    // Outermost modules and what is in none add up to the whole.
    const loose = layers.filter(({ module }) => module === undefined);
    if (totals.macs === null || layers.some(({ body }) => body !== undefined)) return;
    const sum =
      modules.filter(({ parent }) => parent === null).reduce((macs, module) => macs + module.knownMacs, 0) +
      loose.reduce((macs, layer) => macs + (layer.macs ?? 0), 0);
    expect(sum).toBe(totals.macs);
    const outermost = modules.filter(({ parent }) => parent === null);
    const known =
      outermost.reduce((picojoules, module) => picojoules + (module.knownEnergyPicojoules ?? 0), 0) +
      loose.reduce((picojoules, layer) => picojoules + (layer.energyPicojoules ?? 0), 0);
    expect(known / (energy?.knownPicojoules || 1)).toBeCloseTo(energy?.knownPicojoules ? 1 : 0, 9);
  });
});

describe('names within a module', () => {
  it.each([
    ['/features/features.2/conv/conv.0/Conv', 'features/features.2', 'conv/conv.0/Conv'],
    ['model.layers.3.q_proj', 'model/layers.3', 'q_proj'],
    ['functional_1/a/Relu;functional_1/b/conv', 'functional_1', 'b/conv'],
    ['/features2/Conv', 'features', '/features2/Conv'],
    ['/features/Conv', '', '/features/Conv'],
    ['', 'features', ''],
  ])('%s in %s', (name, path, expected) => expect(nameWithin(name, path)).toBe(expected));
});
