/**
 * The graph view on synthetic transformers: what the first level costs the layout's worker, what every expansion costs, and
 * in a browser how long it takes from the click to the picture, and the time from frame to frame while it is moved. Beside
 * it, in the same browser, Netron's page: from choosing the file to the picture.
 *
 *     npx tsx bench/graph.ts [nodes …, default 1000 10000 100000] [--browser] [--no-mask]
 *
 * Netron is run from its Python package (`pip install netron`), by `python3` or what PYTHON names; without it there are our
 * figures alone. Prints a line of JSON for each size. CPU is of this process or of the browser's, so it holds on a busy
 * computer; wall times do not. Without the mask that every layer takes (`--no-mask`) no edge is long, which is what a
 * layout of the whole graph at once has most trouble with. Our opening is timed with the test's host between file and page, so it is an upper bound.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openModel } from '../src/formats';
import type { ModelProto } from '../src/formats/onnx/onnx_pb';
import { writeModel } from '../src/formats/onnx/writing/writer';
import { PageUnderTest } from '../test/ui/harness';
import { readAnswers } from '../test/ui/realModel';
import { graphOf } from '../test/unit/graphs';
import { makeTransformer } from '../test/unit/transformer';
import type { GraphInput } from '../webview/graph/hierarchy';
import { Hierarchy } from '../webview/graph/hierarchy';
import { Levels } from '../webview/graph/levels';
import { at } from '../webview/graph/lists';
import { KINDS, makeScene } from '../webview/graph/scene';
import { browserCpuMs, openBrowser } from './browser';
import { netronFigures, startNetron } from './netron';

/** Frames that are timed while the graph is moved. */
const FRAMES = 120;
const EXPANSIONS = 25;

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const sizes = args.filter((arg) => /^\d+$/.test(arg)).map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'caliper-graph-'));
  const inBrowser = args.includes('--browser');
  const python = process.env['PYTHON'] ?? 'python3';
  const netron = inBrowser ? await startNetron(python) : null;
  if (inBrowser && netron === null) console.error(`Without Netron: ${python} does not have it.`);
  // The first page waits for its script to be bundled.
  if (inBrowser) await browserFigures('models/shapes_mobilenetv2.onnx');
  try {
    for (const nodes of sizes.length > 0 ? sizes : [1000, 10_000, 100_000]) {
      const path = join(folder, `${nodes}.onnx`);
      const model = makeTransformer(nodes);
      if (args.includes('--no-mask')) removeMask(model);
      writeModel(model, path);
      const file = openModel(path);
      const { input } = graphOf(file);
      file.close();
      const figures = { nodes, ...layoutFigures(input) };
      const browser = inBrowser ? await browserFigures(path) : {};
      const peer = netron === null ? {} : await netronFigures(netron, path);
      console.log(JSON.stringify({ ...figures, ...browser, ...peer }));
    }
  } finally {
    netron?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each layer adds a constant in its place. */
function removeMask({ graph }: ModelProto): void {
  for (const node of graph?.node ?? [])
    node.input = node.input.map((name) => (name === 'mask' ? 'model.scale' : name));
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function layoutFigures(input: GraphInput) {
  const start = cpu();
  const levels = new Levels(new Hierarchy(input));
  const open = new Set<number>();
  let scene = makeScene(levels, open);
  const firstLevelCpuMs = Math.round(cpu() - start);
  const expansions: number[] = [];
  for (let i = 0; i < EXPANSIONS; i++) {
    // The last one that is shut: each time deeper, or the next.
    const node = scene.kinds.lastIndexOf(KINDS.indexOf('shut'));
    if (node < 0) break;
    open.add(at(scene.ids, node));
    const before = cpu();
    scene = makeScene(levels, open);
    expansions.push(cpu() - before);
  }
  return {
    firstLevelCpuMs,
    slowestExpansionCpuMs: Math.round(Math.max(0, ...expansions)),
    shown: scene.kinds.length,
  };
}

async function browserFigures(path: string) {
  const { browser, page } = await openBrowser();
  try {
    // tsx names functions through a helper that pages do not have.
    await page.addInitScript('globalThis.__name = (named) => named');
    const opened = performance.now();
    const subject = new PageUnderTest(page);
    await subject.open('model', readAnswers(path), 'dark');
    await page.locator('caliper-layers').waitFor();
    // The click is measured without the rows and edges, which come through the test's host.
    await page.waitForFunction(
      () => {
        const shadow = document.querySelector('caliper-model-page') as unknown as {
          data: { edges: unknown };
        };
        return shadow?.data.edges !== null;
      },
      undefined,
      { timeout: 300_000 },
    );
    const before = await browserCpuMs(browser);
    const clickToPictureMs = await page.evaluate(async () => {
      const model = document.querySelector('caliper-model-page') as HTMLElement;
      const layers = model.shadowRoot?.querySelector('caliper-layers') as HTMLElement;
      const button = layers.shadowRoot?.querySelector<HTMLElement>('[aria-label=Graph]');
      const start = performance.now();
      button?.click();
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      for (;;) {
        await frame();
        const graph = model.shadowRoot?.querySelector('caliper-graph');
        const shadow = graph?.shadowRoot;
        if (shadow?.querySelector('canvas') && !shadow.querySelector('.waiting')) break;
      }
      await frame();
      return Math.round(performance.now() - start);
    });
    const fileToPictureMs = Math.round(performance.now() - opened);
    const cpuMs = await browserCpuMs(browser);
    const times = await page.evaluate(async (count) => {
      const model = document.querySelector('caliper-model-page') as HTMLElement;
      const canvas = model.shadowRoot?.querySelector('caliper-graph')?.shadowRoot?.querySelector('canvas');
      const found: number[] = [];
      let last = performance.now();
      for (let i = 0; i < count; i++) {
        canvas?.dispatchEvent(
          new WheelEvent('wheel', { deltaY: i < count / 2 ? 40 : -40, cancelable: true }),
        );
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        found.push(now - last);
        last = now;
      }
      return found.sort((a, b) => a - b);
    }, FRAMES);
    return {
      fileToPictureMs,
      fileCpuMs: Math.round(cpuMs),
      clickToPictureMs,
      clickCpuMs: Math.round(cpuMs - before),
      frameMedianMs: Number(at(times, Math.floor(times.length / 2)).toFixed(1)),
      frameP90Ms: Number(at(times, Math.floor(times.length * 0.9)).toFixed(1)),
    };
  } finally {
    await browser.close();
  }
}
