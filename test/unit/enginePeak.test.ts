import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { lifetimes } from '../../src/analysis/lifetimes';
import { activationMemory } from '../../src/analysis/memory';
import { openModel } from '../../src/formats';
import { itemAt, present } from '../../src/model/assert';
import type { InferredGraph } from '../../src/model/inference';
import { SAMPLE, SHARED_ONNX, scratchFolder } from './support';

/** Static float32 models; those of ../shared/models/onnx where they are there. */
const MODELS = [
  SAMPLE,
  ...[
    'basic_pitch_nmp.onnx',
    'kbarbarin_digit_external_data/model.onnx',
    'magika_fast_v2_1.onnx',
    'mnist_cntk.onnx',
    'stm32_mobilenet_v2_0.5_128.onnx',
    'ultraface_version-RFB-320.onnx',
  ].map((name) => join(SHARED_ONNX, name)),
];

const scratch = scratchFolder();

interface NodeMemory {
  readonly name: string;
  /** Requested bytes in use when the node ended, its inputs not freed yet. */
  readonly inUse: number;
  readonly delta: number;
  readonly outputBytes: number;
  readonly peak: number;
}

/** What ONNX Runtime's profile says of its own memory in a second run: nothing optimized, no planned pattern. */
async function engineMemory(path: string, { graph, tensors }: InferredGraph): Promise<NodeMemory[]> {
  const prefix = join(scratch, `profile-${Math.random().toString(36).slice(2)}-`);
  const session = await InferenceSession.create(path, {
    enableProfiling: true,
    profileFilePrefix: prefix,
    graphOptimizationLevel: 'disabled',
    enableMemPattern: false,
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name }) => {
      const shape = present(tensors.get(name)?.shape, `shape of ${name}`).map((size) =>
        present(size, 'size'),
      );
      const count = shape.reduce((all, size) => all * size, 1);
      const type = present(tensors.get(name)?.type, `type of ${name}`);
      return [
        name,
        type === 'int32'
          ? new Tensor(new Int32Array(count), shape)
          : new Tensor(new Float32Array(count), shape),
      ];
    }),
  );
  await session.run(feeds);
  await session.run(feeds);
  session.endProfiling();
  await session.release();
  const file = present(
    readdirSync(scratch).find((name) => join(scratch, name).startsWith(prefix)),
    'profile',
  );
  const events = JSON.parse(readFileSync(join(scratch, file), 'utf8')) as {
    name: string;
    args?: Record<string, string>;
  }[];
  const nodes = events.flatMap(({ name, args }): NodeMemory[] => {
    if (args?.['mem_in_use_peak'] === undefined) return [];
    return [
      {
        name: name.replace(/_kernel_time$/, ''),
        inUse: Number(args['mem_bytes_requested_in_use']),
        delta: Number(args['mem_requested_in_use_delta']),
        outputBytes: Number(args['output_size']),
        peak: Number(args['mem_in_use_peak']),
      },
    ];
  });
  return nodes.slice(nodes.length / 2);
}

/** The peak by our lifetimes, where outputs lie in the inputs that the engine says it reused, without the caller's inputs. */
function peakReusing(inferred: InferredGraph, reused: ReadonlySet<string>): number {
  const buffers = lifetimes(inferred)
    .filter(({ kind }) => kind !== 'input')
    .map(({ name, bytes, from, to }) => ({ names: [name], bytes: bytes ?? 0, from, to: to ?? from }));
  const inputs = new Set(inferred.graph.inputs.map(({ name }) => name));
  for (const [at, { node }] of inferred.nodes.entries()) {
    if (!reused.has(node.name)) continue;
    const given = buffers.find(({ names }) => names.includes(node.outputs[0] ?? ''));
    const taken = buffers.find(
      (one) => one !== given && one.to >= at && node.inputs.some((name) => one.names.includes(name)),
    );
    if (given === undefined || given.from !== at) continue;
    // The caller's own tensor, seen with another shape.
    if (taken === undefined) given.bytes = node.inputs.some((name) => inputs.has(name)) ? 0 : given.bytes;
    else {
      taken.names.push(...given.names);
      taken.to = Math.max(taken.to, given.to);
      given.names = [];
      given.bytes = 0;
    }
  }
  return inferred.nodes.reduce((peak, _, at) => {
    const live = buffers.filter(({ from, to }) => from <= at && at <= to);
    return Math.max(
      peak,
      live.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  }, 0);
}

describe.each(MODELS.filter((path) => existsSync(path)))('the peak of %s', (path) => {
  it('is what ONNX Runtime has in use, but for what it reuses and what it holds besides', async () => {
    const file = openModel(path);
    const { graph } = file.infer({ dims: {}, shapes: {} });
    const ours = present(activationMemory(graph).peak, 'peak');
    const nodes = await engineMemory(path, graph);
    file.close();
    const first = itemAt(nodes, 0);
    const held = first.inUse - first.delta;
    const theirs = nodes.reduce((most, { inUse }) => Math.max(most, inUse), 0) - held;
    const reused = nodes.filter(({ delta, outputBytes }) => delta <= 0 && outputBytes > 0);
    const explained = peakReusing(graph, new Set(reused.map(({ name }) => name)));
    const enginePeak = nodes.reduce((most, { peak }) => Math.max(most, peak), 0);
    expect(Math.abs(explained / theirs - 1)).toBeLessThan(0.1);
    // Reusing only spares memory; the caller's inputs are not the engine's.
    expect(ours).toBeGreaterThanOrEqual(theirs);
    // Its own peak has its constants and the kernels' workspace on top.
    expect(enginePeak).toBeGreaterThanOrEqual(theirs + held);
  });
});
