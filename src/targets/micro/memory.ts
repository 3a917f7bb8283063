import type { InferredGraph, InferredNode } from '../../model/inference';
import type { TargetMemory } from '../../protocol/targets';
import { plannedBytes } from './planner';

// TensorFlow Lite Micro's arena on a 32-bit microcontroller with the reference kernels: activations at the head, and at
// the tail what the interpreter keeps. Its document memory_management.md says what there is; sizes are those of the
// structures in tensorflow/lite/c/common.h and micro/kernels (commit 90b983c, 2026-08-20).

/** MicroArenaBufferAlignment. */
const ALIGNMENT = 16;
/** TfLiteEvalTensor: two pointers and a type. */
const TENSOR_BYTES = 12;
/** TfLiteNode and the pointer to its registration. */
const NODE_BYTES = 32;
/** TfLiteTensor with its quantization, of inputs and outputs. */
const PORT_BYTES = 64;
/** The allocator, its planner and their lists. */
const INTERPRETER_BYTES = 512;
/** A multiplier and a shift for each output channel of a product. */
const CHANNEL_BYTES = 8;
/** Options and prepared numbers of an operator: of one that computes, and of one that moves data. */
const OPERATOR_BYTES = 88;
const MOVING_BYTES = 32;

/** Output channels that operators keep numbers of, by the axis of their weights. */
const CHANNEL_AXES: Readonly<Record<string, { input: number; axis: number }>> = {
  CONV_2D: { input: 1, axis: 0 },
  DEPTHWISE_CONV_2D: { input: 1, axis: 3 },
  TRANSPOSE_CONV: { input: 1, axis: 0 },
};

const MOVING = new Set([
  'RESHAPE',
  'EXPAND_DIMS',
  'SQUEEZE',
  'PACK',
  'UNPACK',
  'SHAPE',
  'TRANSPOSE',
  'SLICE',
]);

/** What a model needs of RAM in TensorFlow Lite Micro, without the app, the stack and the code. */
export function microMemory(main: InferredGraph): TargetMemory {
  const activations = plannedBytes(main, ALIGNMENT);
  const persistent = aligned(INTERPRETER_BYTES + kept(main));
  return { bytes: activations === null ? null : aligned(activations) + persistent, activations, persistent };
}

function kept({ graph, tensors, nodes }: InferredGraph): number {
  const ports = graph.inputs.length + graph.outputs.length;
  const names = graph.tensorNames?.length ?? tensors.size;
  const operators = nodes.reduce((sum, entry) => sum + operatorBytes(entry, tensors), 0);
  const bodies = nodes.reduce(
    (sum, entry) => sum + entry.bodies.reduce((inner, body) => inner + kept(body), 0),
    0,
  );
  return names * TENSOR_BYTES + nodes.length * NODE_BYTES + ports * PORT_BYTES + operators + bodies;
}

function operatorBytes({ node }: InferredNode, tensors: InferredGraph['tensors']): number {
  if (MOVING.has(node.op)) return MOVING_BYTES;
  const place = Object.hasOwn(CHANNEL_AXES, node.op) ? CHANNEL_AXES[node.op] : undefined;
  const channels = place === undefined ? 0 : tensors.get(node.inputs[place.input] ?? '')?.shape?.[place.axis];
  return OPERATOR_BYTES + (channels ?? 0) * CHANNEL_BYTES;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
