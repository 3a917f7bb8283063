import { homedir } from 'node:os';
import { join } from 'node:path';
import { readHead } from '../../files/readHead';
import { ModelError } from '../../model/modelError';
import type { Delegate, DevicePrograms } from '../../protocol/devices';
import { canRun } from './program';

const HOW_TO_GET =
  'get Google’s prebuilt one (https://ai.google.dev/edge/litert, “benchmark tools”; Google’s command litert downloads it too) or build it from LiteRT’s sources (bazel build -c opt --config=android_arm64 //tflite/tools/benchmark:benchmark_model), and name it by --benchmark-model or the setting caliper.benchmarkModel';

/** Machines of ELF files and the ABI that Android calls them. http://www.sco.com/developers/gabi, e_machine */
const MACHINES: ReadonlyMap<number, string> = new Map([
  [3, 'x86'],
  [40, 'armeabi-v7a'],
  [62, 'x86_64'],
  [183, 'arm64-v8a'],
  [243, 'riscv64'],
]);

/**
 * The tool that runs on the phone: the one that was named, else what Google's command `litert` keeps for the ABI.
 *
 * @throws ModelError where there is none, or it is of another ABI
 */
export function findBenchmarkModel(programs: DevicePrograms, abis: readonly string[], phone: string): string {
  const cached = abis.map((abi) =>
    join(homedir(), '.cache', 'litert-cli', 'binaries', abi, 'benchmark_model'),
  );
  const path = programs.benchmarkModel ?? cached.find(canRun);
  if (path === undefined)
    throw new ModelError(`LiteRT’s benchmark_model, which measures on a phone, is not here: ${HOW_TO_GET}.`);
  const machine = machineOf(path);
  if (machine === undefined) throw new ModelError(`${path} is no program for Android: ${HOW_TO_GET}.`);
  if (abis.length > 0 && !abis.includes(machine))
    throw new ModelError(
      `${path} is built for ${machine}, and ${phone} runs ${abis.join(', ')}: name a benchmark_model of that ABI.`,
    );
  return path;
}

/** An ELF file's first fields, to the end of its machine. */
const ELF_HEAD = 20;

/** The ABI of an ELF file; undefined where it is none, or cannot be read. */
function machineOf(path: string): string | undefined {
  let head: Buffer;
  try {
    head = readHead(path, ELF_HEAD);
  } catch {
    return undefined;
  }
  if (head.length < ELF_HEAD || head.toString('latin1', 0, 4) !== '\x7fELF') return undefined;
  // The sixth byte is 1 for little-endian files, as all of Android are.
  return head[5] === 1 ? MACHINES.get(head.readUInt16LE(18)) : undefined;
}

const DELEGATE_WORDS: Readonly<Record<Delegate, string>> = {
  cpu: '--use_xnnpack=false',
  xnnpack: '--use_xnnpack=true',
  gpu: '--use_gpu=true',
  nnapi: '--use_nnapi=true',
};

export const DELEGATE_NAMES: Readonly<Record<Delegate, string>> = {
  cpu: 'CPU kernels',
  xnnpack: 'XNNPACK',
  gpu: 'GPU delegate',
  nnapi: 'NNAPI',
};

/** Seconds of timed runs and of warming up: a slow model has fewer runs than were asked for. */
const MAX_SECONDS = 5;
const WARM_UP_SECONDS = 0.5;

export interface BenchmarkWish {
  readonly model: string;
  readonly threads: number;
  readonly runs: number;
  readonly delegate: Delegate;
  /** Inputs whose sizes the user chose. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Where to write the table of operators; null: without profiling. */
  readonly profile: string | null;
}

/** Options of one start. @throws ModelError for inputs that it has no words for */
export function benchmarkWords({ model, threads, runs, delegate, inputs, profile }: BenchmarkWish): string[] {
  const odd = inputs.find(({ name }) => name.includes(','));
  if (odd !== undefined)
    throw new ModelError(
      `benchmark_model cannot be told the size of the input ${odd.name}, whose name has a comma.`,
    );
  return [
    `--graph=${model}`,
    `--num_threads=${threads}`,
    `--num_runs=${runs}`,
    '--min_secs=0',
    `--max_secs=${MAX_SECONDS}`,
    '--warmup_runs=1',
    `--warmup_min_secs=${WARM_UP_SECONDS}`,
    DELEGATE_WORDS[delegate],
    ...(inputs.length === 0
      ? []
      : [
          `--input_layer=${inputs.map(({ name }) => name).join(',')}`,
          `--input_layer_shape=${inputs.map(({ shape }) => shape.join(',')).join(':')}`,
        ]),
    ...(profile === null
      ? []
      : [
          '--enable_op_profiling=true',
          '--op_profiling_output_mode=csv',
          `--op_profiling_output_file=${profile}`,
        ]),
  ];
}
