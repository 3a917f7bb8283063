/**
 * The graph view on synthetic transformers: what the first level costs the layout's worker, what every expansion costs, and
 * in a browser how long it takes from the click to the picture, and the time from frame to frame while it is moved.
 *
 *     npx tsx bench/graph.ts [nodes …, default 1000 10000 100000] [--browser] [--netron <program>]
 *
 * `--netron` names Netron's command (of its Python package), which then opens the same files in the same browser.
 *
 * Prints a line of JSON for each size. CPU is of this process, so it holds on a busy computer; wall times do not.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, chromiumPath } from '../scripts/vscode/chromium.mjs';
import { openModel } from '../src/formats';
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

/** Frames that are timed while the graph is moved. */
const FRAMES = 120;
const EXPANSIONS = 25;

const NETRON_PORT = 18_091;
const NETRON_LIMIT_MS = 300_000;
const POLL_MS = 50;

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const sizes = args.filter((arg) => /^\d+$/.test(arg)).map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'caliper-graph-'));
  try {
    for (const nodes of sizes.length > 0 ? sizes : [1000, 10_000, 100_000]) {
      const path = join(folder, `${nodes}.onnx`);
      writeModel(makeTransformer(nodes), path);
      const file = openModel(path);
      const { input } = graphOf(file);
      file.close();
      const figures = { nodes, ...layoutFigures(input) };
      const browser = args.includes('--browser') ? await browserFigures(path) : {};
      const program = args[args.indexOf('--netron') + 1];
      const netron = args.includes('--netron') && program ? await netronFigures(program, path) : {};
      console.log(JSON.stringify({ ...figures, ...browser, ...netron }));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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

async function openBrowser(): Promise<{ browser: Browser; page: Page }> {
  const executablePath = chromiumPath();
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--headless', ...CHROMIUM_ARGUMENTS],
  });
  return { browser, page: await browser.newPage({ viewport: { width: 1400, height: 900 } }) };
}

/** From asking for Netron's page, which opens the file, until it shows the graph. It draws all of it at once. */
async function netronFigures(program: string, path: string) {
  const server = spawn(program, ['--port', String(NETRON_PORT), '--host', '127.0.0.1', path], {
    stdio: 'ignore',
  });
  const { browser, page } = await openBrowser();
  try {
    const url = `http://127.0.0.1:${NETRON_PORT}/`;
    while (!(await answers(url))) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const start = performance.now();
    await page.goto(url);
    for (;;) {
      // It asks before it draws many nodes.
      const ask = page.locator('#message-button');
      if (await ask.isVisible()) await ask.click();
      if (await page.evaluate(() => document.body.classList.contains('default'))) break;
      if (performance.now() - start > NETRON_LIMIT_MS)
        return { netron: `not drawn in ${NETRON_LIMIT_MS} ms` };
      await page.waitForTimeout(POLL_MS);
    }
    const openToPictureMs = Math.round(performance.now() - start);
    const { metrics } = await session.send('Performance.getMetrics');
    const worked = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
    return { netronOpenToPictureMs: openToPictureMs, netronPageCpuMs: Math.round(1000 * worked) };
  } finally {
    await browser.close();
    server.kill();
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function browserFigures(path: string) {
  const { browser, page } = await openBrowser();
  try {
    // tsx names functions through a helper that pages do not have.
    await page.addInitScript('globalThis.__name = (named) => named');
    const subject = new PageUnderTest(page);
    await subject.open('model', readAnswers(path), 'dark');
    await page.locator('caliper-layers').waitFor();
    // The rows and edges come through the test's host, which is not what is measured.
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
    // On a busy computer the wall says little: what the page's own thread works is what the page costs.
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const worked = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
    };
    const before = await worked();
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
    const clickCpuMs = Math.round((await worked()) - before);
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
      clickToPictureMs,
      clickCpuMs,
      frameMedianMs: Number(at(times, Math.floor(times.length / 2)).toFixed(1)),
      frameP90Ms: Number(at(times, Math.floor(times.length * 0.9)).toFixed(1)),
    };
  } finally {
    await browser.close();
  }
}
