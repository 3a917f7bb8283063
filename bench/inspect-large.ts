/**
 * How long `caliper inspect` takes as a whole process, and the most memory it held.
 *
 *     npm run build -- --production && npx tsx bench/inspect-large.ts MODEL [runs]
 *
 * Prints one line of JSON: seconds (median of the runs), peak megabytes (highest of the runs).
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

const [model, runs = '5'] = process.argv.slice(2);
if (!model) {
  console.error('usage: inspect-large.ts MODEL [RUNS]');
  process.exit(2);
}
const cli = join(import.meta.dirname, '..', 'dist', 'cli.js');
// The process reports its own peak when it ends, as the operating system counted it.
const report = `process.on('exit', () => require('node:fs').writeSync(2, '\\npeak ' + process.resourceUsage().maxRSS + '\\n'))`;

const seconds: number[] = [];
let peak = 0;
for (let i = 0; i < Number(runs); i++) {
  const start = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire('file:///'); ${report}`)}`,
      cli,
      'inspect',
      '--json',
      model,
    ],
    { encoding: 'utf8', maxBuffer: 1 << 30 },
  );
  seconds.push((performance.now() - start) / 1000);
  const kilobytes = /^peak (\d+)$/m.exec(stderr)?.[1];
  if (status !== 0 || kilobytes === undefined) throw new Error(`inspect ended with ${status}: ${stderr}`);
  peak = Math.max(peak, Number(kilobytes) / 1024);
}
seconds.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    fileMegabytes: Math.round(statSync(model).size / 1e6),
    seconds: Number(seconds[Math.floor(seconds.length / 2)]?.toFixed(3)),
    peakMegabytes: Math.round(peak),
  }),
);
