import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CeilingsReport } from '../protocol/roofline';

const FILE = 'ceilings.json';
/** Of how the models are made and measured: what an earlier version found is not what this one would. */
const VERSION = 1;

/** What ceilings are those of. */
export type CeilingsKey = Pick<CeilingsReport, 'engine' | 'threads' | 'cpu'>;

/** Ceilings that were measured before, in a folder of the user's; null: none of this engine, threads and processor. */
export function recallCeilings(memory: string, key: CeilingsKey): CeilingsReport | null {
  const known = read(memory)[nameOf(key)];
  return isCeilings(known) ? known : null;
}

/** What cannot be written is measured again another time. */
export function rememberCeilings(memory: string, ceilings: CeilingsReport): void {
  try {
    mkdirSync(memory, { recursive: true });
    const all = { ...read(memory), [nameOf(ceilings)]: ceilings };
    const path = join(memory, FILE);
    writeFileSync(`${path}.new`, `${JSON.stringify(all, null, 2)}\n`);
    renameSync(`${path}.new`, path);
  } catch {
    // A folder that cannot be written costs some seconds at the next time, not the result.
  }
}

function nameOf({ engine, threads, cpu }: CeilingsKey): string {
  return `${VERSION}, ${cpu}, ${process.arch}, ${engine}, ${threads}`;
}

function read(memory: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(join(memory, FILE), 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    // Nothing there, or nothing that can be read: it is measured again.
    return {};
  }
}

/** A file that somebody changed must not give figures that were never measured. */
function isCeilings(value: unknown): value is CeilingsReport {
  if (typeof value !== 'object' || value === null) return false;
  const { engine, threads, cpu, float, int8, memory } = value as Partial<CeilingsReport>;
  const rate = (one: unknown) => one === null || (typeof one === 'number' && one > 0);
  return (
    typeof engine === 'string' &&
    typeof threads === 'number' &&
    typeof cpu === 'string' &&
    rate(float) &&
    rate(int8) &&
    Array.isArray(memory) &&
    memory.every((one) => one?.workingBytes > 0 && one?.bytesPerSecond > 0)
  );
}
