/**
 * LiteRT's own library against Python's interpreter, bit by bit, and against WebAssembly.
 *
 *     npx tsx bench/litert-native.ts outputs PYTHON [PART OF A NAME]   every model and signature that Python runs
 *     npx tsx bench/litert-native.ts outputs PYTHON FOLDER             those in a folder, such as results of quantizing
 *     npx tsx bench/litert-native.ts latency                           float against int8, natively and in WebAssembly
 *
 * PYTHON: an interpreter that has ai-edge-litert and numpy. Reads the sample and the models in ../shared/models; the
 * library is that in dist/litert (`npm test` puts it there). Timings mean something on a computer that does nothing
 * else; where others compute too much there is no figure.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openModel } from '../src/formats/index';
import { withSignature } from '../src/formats/tflite/signature';
import { present } from '../src/model/assert';
import { ModelError, TooBusyError } from '../src/model/modelError';
import type { Engine, Feeds } from '../src/runtime/engine';
import { modelInputs } from '../src/runtime/inputs';
import { litert } from '../src/runtime/litert';
import { chooseLiteRt } from '../src/runtime/litertNative/choice';
import { nativeEngine } from '../src/runtime/litertNative/engine';
import { compareLatency, speedup } from '../src/runtime/measure';
import { randomFeeds } from '../src/runtime/randomInputs';
import { sizedEngine } from '../src/runtime/sizedEngine';
import { viewBytes } from '../src/runtime/typedArrays';
import { nativeLibrary, SAMPLE_TFLITE } from '../test/unit/places';

const SHARED = join(__dirname, '../../shared/models/tflite');
const SEED = 5;

/** Models of one network, float and quantized; the sample has no quantized one. */
const PAIRS: readonly (readonly [string, ...string[]])[] = [
  [SAMPLE_TFLITE],
  ['mobilenet_v1_0.25_224_float.tflite', 'mobilenet_v1_0.25_224_quant.tflite'],
  ['mlperf_tiny_ic_resnet8_float.tflite', 'mlperf_tiny_ic_resnet8_int8.tflite'],
  ['mlperf_tiny_vww_96_float.tflite', 'mlperf_tiny_vww_96_int8.tflite'],
];

const DTYPES: Readonly<Record<string, string>> = { bool: 'bool' };

interface Job {
  readonly label: string;
  readonly model: string;
  readonly signature: string | null;
  readonly inputs: Record<string, { file: string; dtype: string; shape: readonly number[] }>;
  readonly outputs: Record<string, string>;
  /** What the native engine gave, by the names of `outputs`; or why it did not run. */
  readonly native: ReadonlyMap<string, Uint8Array> | string;
}

function engine(): Engine {
  const { litert: open } = chooseLiteRt({ library: nativeLibrary(), environments: [] });
  return nativeEngine(present(open, 'library in dist/litert'));
}

function feedsOf(path: string): Feeds {
  const file = openModel(path);
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  return randomFeeds(modelInputs(inferred), roles, SEED);
}

/** A model as Python is to run it, and what the native engine gives for its main graph or a signature of it. */
async function prepare(
  native: Engine,
  model: string,
  signature: string | null,
  folder: string,
): Promise<Job> {
  const file = openModel(model);
  const copy = join(folder, 'signature.tflite');
  const path = signature === null || withSignature(file, signature, copy) === 0 ? model : copy;
  const named = file.model.signatures?.find(({ name }) => name === signature);
  const nameOf = (ports: readonly { name: string; tensor: string }[] | undefined, tensor: string): string =>
    ports === undefined ? tensor : (ports.find((port) => port.tensor === tensor)?.name ?? '');
  const feeds = feedsOf(path);
  const inputs: Job['inputs'] = {};
  for (const [tensor, { type, shape, data }] of Object.entries(feeds)) {
    if (Array.isArray(data)) throw new Error('Strings are not fed.');
    const at = join(folder, `input-${Object.keys(inputs).length}`);
    writeFileSync(at, viewBytes(data));
    inputs[nameOf(named?.inputs, tensor)] = { file: at, dtype: DTYPES[type] ?? type, shape };
  }
  const shapes = Object.entries(feeds).map(([name, { shape }]) => ({ name, shape }));
  const { outputs, given } = await runThrice(sizedEngine(native, shapes, folder), path, feeds);
  const files = Object.fromEntries(
    outputs.map((tensor, at) => [nameOf(named?.outputs, tensor), join(folder, `output-${at}`)] as const),
  );
  const bytes =
    typeof given === 'string'
      ? given
      : new Map([...given].map(([tensor, one]) => [nameOf(named?.outputs, tensor), one]));
  const label = `${basename(model)}${signature === null ? '' : `, signature ${signature}`}`;
  return { label, model, signature, inputs, outputs: files, native: bytes };
}

async function runThrice(
  native: Engine,
  path: string,
  feeds: Feeds,
): Promise<{ outputs: string[]; given: Map<string, Uint8Array> | string }> {
  const outputs = openModel(path).model.graph.outputs.map(({ name }) => name);
  try {
    const session = await native.load(path, { threads: 1 });
    const runs: Map<string, Uint8Array>[] = [];
    for (let run = 0; run < 3; run++) {
      const results = Object.entries(await session.run(feeds));
      runs.push(
        new Map(results.map(([name, { data }]) => [name, viewBytes(data as Float32Array).slice()] as const)),
      );
    }
    await session.close();
    const [first, ...others] = runs;
    const same = others.every((run) => [...run].every(([name, one]) => equal(one, first?.get(name))));
    return { outputs, given: same && first ? first : 'its own runs differ' };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { outputs, given: error.message };
  }
}

const equal = (a: Uint8Array, b: Uint8Array | undefined) => b !== undefined && Buffer.compare(a, b) === 0;

function modelsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.tflite'));
  return names.sort().map((name) => join(folder, name));
}

async function compareOutputs(python: string, part: string): Promise<void> {
  const native = engine();
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  try {
    const given = existsSync(part) && statSync(part).isDirectory();
    const models = given ? modelsIn(part) : [SAMPLE_TFLITE, ...modelsIn(SHARED)];
    const jobs: Job[] = [];
    for (const model of models.filter((path) => given || basename(path).includes(part))) {
      const signatures = openModel(model).model.signatures ?? [];
      for (const signature of signatures.length === 0 ? [null] : signatures.map(({ name }) => name))
        jobs.push(await prepare(native, model, signature, mkdtempSync(join(scratch, 'job-'))));
    }
    const list = join(scratch, 'jobs.json');
    writeFileSync(list, JSON.stringify(jobs));
    const printed = execFileSync(python, ['bench/peer_litert.py', list], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const answers = printed.trimEnd().split('\n');
    const verdicts = jobs.map((job, at) => verdictOf(job, answers[at] ?? 'no answer'));
    jobs.forEach(({ label }, at) => {
      console.log(`${label.padEnd(72)}  ${verdicts[at]}`);
    });
    const ran = verdicts.filter((_, at) => answers[at] === 'ok').length;
    const onBoth = verdicts.filter((verdict) => /^(bit-equal|differs)/.test(verdict)).length;
    const same = verdicts.filter((verdict) => verdict === 'bit-equal').length;
    console.log(`Python ran ${ran} of ${jobs.length}; natively ${onBoth} of these ran, ${same} bit-equal.`);
    if (same < onBoth) process.exitCode = 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function verdictOf({ native, outputs }: Job, answer: string): string {
  if (answer !== 'ok') return `Python: ${answer}`;
  if (typeof native === 'string') return `not native: ${native}`;
  const other = Object.entries(outputs).filter(
    ([name, file]) => !equal(readFileSync(file), native.get(name)),
  );
  return other.length === 0 ? 'bit-equal' : `differs in ${other.map(([name]) => name).join(', ')}`;
}

async function compareLatencies(): Promise<void> {
  const native = engine();
  const settings = { threads: 1, runs: 50, seed: SEED };
  for (const names of PAIRS) {
    const models = names.map((name) => {
      const path = name === SAMPLE_TFLITE ? name : join(SHARED, name);
      return { path, feeds: feedsOf(path) };
    });
    console.log(`\n${names.map((name) => basename(name)).join(' → ')}  (load ${loadavg()[0]?.toFixed(1)})`);
    for (const one of [native, litert]) {
      try {
        const timings = await compareLatency(one, models, settings);
        const medians = timings.map(
          ({ latency: { median, ci95 } }) =>
            `${median.toFixed(3)} ms (${ci95.map((ms) => ms.toFixed(3)).join(' to ')})`,
        );
        const [before, after] = timings;
        const ratio = before && after ? speedup(before, after, SEED) : null;
        const said =
          ratio === null
            ? ''
            : `  ${ratio.ratio.toFixed(2)}x (${ratio.ci95.map((value) => value.toFixed(2)).join(' to ')}), ${ratio.verdict}`;
        console.log(`  ${one.name.padEnd(44)}  ${medians.join(' → ')}${said}`);
      } catch (error) {
        if (!(error instanceof TooBusyError)) throw error;
        console.log(`  ${one.name.padEnd(44)}  ${error.message}`);
      }
    }
  }
}

const [what, python = 'python3', part = ''] = process.argv.slice(2);
if (what === 'outputs') void compareOutputs(python, part);
else if (what === 'latency') void compareLatencies();
else throw new Error('Which? outputs or latency.');
