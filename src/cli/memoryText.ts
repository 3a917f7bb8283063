import { ENGINES_DIFFER, lowerings, peakLine, roleText } from '../protocol/memoryWords';
import { formatBytes, UNKNOWN } from '../protocol/numbers';
import { printable } from '../protocol/printable';
import type { MemoryReport } from '../protocol/reports';
import { shortNames } from '../protocol/shortNames';
import { tableLines } from './table';

/** What lives at the peak, and what would lower it. */
export function* memorySection(memory: MemoryReport, width: number | null): Generator<string> {
  const { peakTensors, peakTensorCount } = memory;
  const names = shortNames(memory.steps.map(({ name }) => name));
  yield `${printable(peakLine(memory, (name) => names.short(name)))}\n`;
  if (peakTensors.length > 0) {
    yield '\n';
    yield* tableLines(
      [
        { title: 'tensor', flexible: true },
        { title: 'bytes', align: 'right' },
        { title: 'at the peak' },
        { title: 'made by', flexible: true },
        { title: 'last used by', flexible: true },
      ],
      peakTensors.map(({ name, bytes, role, madeBy, lastUsedBy }) => [
        name,
        bytes === null ? UNKNOWN : formatBytes(bytes),
        roleText(role),
        madeBy?.name ?? 'an input',
        lastUsedBy?.name ?? 'an output',
      ]),
      width,
    );
  }
  if (peakTensorCount > peakTensors.length) yield `… and ${peakTensorCount - peakTensors.length} more\n`;
  const sentences = lowerings(memory, (name) => names.short(name));
  if (sentences.length > 0) yield '\n';
  for (const sentence of sentences) yield `${printable(sentence)}\n`;
  yield `\n${ENGINES_DIFFER}\n`;
}
