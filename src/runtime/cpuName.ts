import { cpus } from 'node:os';

/** What the processor calls itself. */
export function cpuName(): string {
  return cpus()[0]?.model.trim() || 'unknown CPU';
}
