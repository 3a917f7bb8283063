/**
 * Whether the table of XNNPACK agrees with what LiteRT really gives to it: node by node over the main graphs of the sample
 * and of the models in ../shared/models, by the engine's own profile. TensorFlow Lite's kernels have rows there that name
 * their operator; an operator without one was taken over. Operators whose results are constants are left out.
 *
 *     npx tsx bench/targets-xnnpack.ts LIBRARY [PART OF A NAME]
 *
 * Ends with 1 below 98 % of agreement. What is unknown to the table agrees with nothing.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { analyze } from '../src/analysis/inspect';
import { openModel } from '../src/formats/index';
import { useLiteRt } from '../src/runtime/engines';
import { targetReport } from '../src/targets/report';
import { xnnpack } from '../src/targets/tables/xnnpack';
import { ownKernels } from '../test/unit/ownKernels';

const AGREEMENT = 0.98;

const shared = join(__dirname, '../../shared/models/tflite');
const models = [
  join(__dirname, '../models/shapes_mobilenetv2.tflite'),
  ...(existsSync(shared) ? readdirSync(shared).sort() : [])
    .filter((name) => name.endsWith('.tflite'))
    .map((name) => join(shared, name)),
];

async function main(library: string, part: string): Promise<void> {
  useLiteRt({ library, environments: [] }, async () => {});
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  let [same, all] = [0, 0];
  for (const path of models.filter((model) => basename(model).includes(part))) {
    const file = openModel(path);
    const own = await ownKernels(path, scratch).catch((error: Error) => error.message);
    if (typeof own === 'string') {
      console.log(`${basename(path).padEnd(60)} ${own}`);
      continue;
    }
    const { layers } = targetReport(file, analyze(file, { dims: {}, shapes: {} }), xnnpack);
    const judged = (layers ?? []).filter(({ depth, where }) => depth === 0 && where !== 'constant');
    const wrong = judged.filter(
      ({ id, where }) => (where === 'there') === own.has(Number(id)) || where === 'unknown',
    );
    same += judged.length - wrong.length;
    all += judged.length;
    console.log(`${basename(path).padEnd(60)} ${judged.length - wrong.length} of ${judged.length}`);
    for (const { id, op, where, reason = '' } of wrong) console.log(`    ${id} ${op}: ${where} ${reason}`);
  }
  rmSync(scratch, { recursive: true, force: true });
  console.log(`${same} of ${all} operators agree (${((100 * same) / all).toFixed(2)} %)`);
  process.exitCode = all > 0 && same / all < AGREEMENT ? 1 : 0;
}

const [library, part = ''] = process.argv.slice(2);
if (library === undefined) {
  console.error('usage: targets-xnnpack.ts LIBRARY [PART OF A NAME]');
  process.exitCode = 2;
} else void main(library, part);
