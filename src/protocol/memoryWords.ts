import { formatBytes, formatPercent } from './numbers';
import type { MemoryLowering, MemoryReport, PeakTensor } from './reports';

/** What page and terminal say of a memory timeline. */

/** Why an engine's own figure is another one; for whoever sets them side by side. */
export const ENGINES_DIFFER =
  'What an engine reports is another figure: the peak of ONNX Runtime (mem_in_use_peak) holds constants and the workspace of its kernels as well, leaves out the inputs, which the caller holds, and has an output that is written over its input only once.';

export function roleText(role: PeakTensor['role']): string {
  return { made: 'made here', taken: 'taken here', held: 'held for later' }[role];
}

/** `Peak 885 kB at CONV: 2 tensors live then.` */
export function peakLine(memory: MemoryReport, short: (name: string) => string): string {
  const { peakBytes, knownPeakBytes, peakStep, steps, peakTensorCount, arena } = memory;
  const at = peakStep === null ? undefined : steps[peakStep];
  if (at === undefined) return 'No activations live while the layers run.';
  const peak =
    peakBytes === null
      ? `Peak at least ${formatBytes(knownPeakBytes)} (some sizes are unknown)`
      : `Peak ${formatBytes(peakBytes)}`;
  const tensors = peakTensorCount === 1 ? '1 tensor lives' : `${peakTensorCount} tensors live`;
  return `${peak} at ${short(at.name)}: ${tensors} then.${arena ? ` ${arenaText(memory, arena)}` : ''}`;
}

function arenaText({ knownPeakBytes }: MemoryReport, arena: NonNullable<MemoryReport['arena']>): string {
  const others = arena.totalBytes - arena.bytes;
  const gaps = arena.bytes - knownPeakBytes;
  const beyond =
    gaps > 0 ? `, ${formatBytes(gaps)} more than lives at the peak, for gaps and inputs that stay` : '';
  return `The arena takes ${formatBytes(arena.bytes)}${beyond}${others > 0 ? `; those of called graphs take ${formatBytes(others)} more` : ''}.`;
}

/** A sentence for each step that lowers the peak; each counts with those before it. */
export function lowerings({ lowering, peakBytes }: MemoryReport, short: (name: string) => string): string[] {
  return lowering.map((one, place) => {
    const left = `${place === 0 ? 'the peak would be' : 'with the above it would be'} ${formatBytes(one.peakBytes)}`;
    const saved =
      peakBytes === null || peakBytes === 0
        ? ''
        : ` (${formatPercent((peakBytes - one.peakBytes) / peakBytes)} less)`;
    return `${what(one, short)}: ${left}${saved}.`;
  });
}

function what(
  { tensor, bytes, how, from, to, layersBetween }: MemoryLowering,
  short: (name: string) => string,
): string {
  const size = formatBytes(bytes);
  if (how === 'passed') {
    const maker = from === null ? 'the input' : short(from.name);
    return `If ${maker} and ${short(to.name)} ran as one (fused, or part by part), the ${size} between them need not exist`;
  }
  const layers = layersBetween === 1 ? '1 layer' : `${layersBetween} layers`;
  const since = from === null ? 'from the start' : `after ${short(from.name)}`;
  return `${tensor} (${size}) is held over ${layers} ${since} until ${short(to.name)}; made again or moved meanwhile`;
}
