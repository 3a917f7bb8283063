import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeChain } from './models';

/** As many layers as MobileNetV2 has. */
const LAYERS = 150;

/** A repository of so many models, no two of the same content, in which one limit is kept and one is broken by all. */
export function makeRepository(folder: string, count: number): void {
  for (let at = 0; at < count; at++) {
    const group = join(folder, 'models', String(at % 10));
    mkdirSync(group, { recursive: true });
    writeChain(join(group, `${at}.onnx`), LAYERS, at);
  }
  writeFileSync(
    join(folder, 'caliper.json'),
    '{ "budgets": [{ "models": "**/*.onnx", "fileSize": "10 kB", "downloadSize": "1 MB", "macs": "1 M" }] }',
  );
}

/** The process reports its own peak when it ends, as the operating system counted it. */
const REPORT = `import { writeSync } from 'node:fs';
process.on('exit', () => writeSync(2, '\\npeak ' + process.resourceUsage().maxRSS + '\\n'));`;

/** Runs the command in a folder: its output, and the most memory that its process held. */
export function runMeasured(script: string, folder: string, args: readonly string[], memory: string) {
  const hook = `data:text/javascript,${encodeURIComponent(REPORT)}`;
  const env = {
    ...process.env,
    XDG_CACHE_HOME: memory,
    LOCALAPPDATA: memory,
    GITHUB_ACTIONS: '',
    GITHUB_WORKSPACE: '',
  };
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', hook, script, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const kilobytes = /^peak (\d+)$/m.exec(stderr)?.[1];
  if (kilobytes === undefined) throw new Error(`The command ended with ${status}: ${stderr}`);
  return { status, stdout, seconds: (performance.now() - start) / 1000, megabytes: Number(kilobytes) / 1024 };
}
