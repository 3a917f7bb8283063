/**
 * How long a large model takes to open as text, and how long its hovers take, asked of the reading thread as the
 * editor asks it: until the text is in the asking thread.
 *
 *     npm run build -- --production && npx tsx bench/text.ts [nodes, default 100000]
 *
 * Prints one line of JSON. Targets: 2 s to open, 50 ms a hover.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reader } from '../src/jobs/readerClient';
import { seededRandom } from '../src/runtime/random';

const HOVERS = 500;
const OPENINGS = 5;
const choice = { dims: {}, shapes: {} };

async function main(): Promise<void> {
  const nodes = process.argv[2] ?? '100000';
  const folder = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  try {
    const model = join(folder, 'deep.onnx');
    execFileSync('npx', ['tsx', join(import.meta.dirname, 'make-deep-model.ts'), model, nodes]);
    const script = join(import.meta.dirname, '..', 'dist', 'reader.js');
    const opened: number[] = [];
    const outlined: number[] = [];
    let hovers: number[] = [];
    let firstHover = 0;
    let text = '';
    for (let i = 0; i < OPENINGS; i++) {
      const reader = new Reader(script, model);
      const start = performance.now();
      text = await reader.ask('text', { choice });
      opened.push(performance.now() - start);
      const lines = text.split('\n');
      const random = seededRandom(i + 1);
      const at = () => {
        const line = Math.floor(random() * lines.length);
        return { line, character: Math.floor(random() * (lines[line]?.length ?? 0)) };
      };
      // The first one waits until the thread has read its own text, which it begins when it has sent it.
      const before = performance.now();
      await reader.ask('textHover', { choice, at: at() });
      firstHover = Math.max(firstHover, performance.now() - before);
      const outline = performance.now();
      await reader.ask('textOutline', null);
      outlined.push(performance.now() - outline);
      hovers = [];
      for (let n = 0; n < HOVERS; n++) {
        const asked = performance.now();
        await reader.ask('textHover', { choice, at: at() });
        hovers.push(performance.now() - asked);
      }
      reader.stop();
    }
    const round = (value: number) => Number(value.toFixed(2));
    console.log(
      JSON.stringify({
        nodes: Number(nodes),
        megabytes: round(text.length / 1e6),
        openMs: round(quantile(opened, 0.5)),
        slowestOpenMs: round(quantile(opened, 1)),
        firstHoverMs: round(firstHover),
        outlineMs: round(quantile(outlined, 0.5)),
        hoverP50Ms: round(quantile(hovers, 0.5)),
        hoverP99Ms: round(quantile(hovers, 0.99)),
        peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(fraction * sorted.length), sorted.length - 1)] ?? Number.NaN;
}

void main();
