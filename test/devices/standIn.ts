import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const SERIAL = '28121FDH2000AB';

/** What the phone is like; what is not given is a Pixel 8 on which all goes well. */
export interface PhoneSettings {
  devices?: { serial: string; state: string }[];
  abi?: string;
  failure?: 'space' | 'abi' | 'model' | 'unplug' | 'hang';
  /** Median of a run of each file that is benchmarked, by its name on the phone. */
  microseconds?: Record<string, number>;
  /** What the tool says of a delegate. */
  delegateLine?: string;
  /** Options that the tool does not know. */
  unknown?: string;
}

/** A program `adb` that records what it is told and answers as a phone does: `adb.mjs`. */
export class AdbStandIn {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'adb-stand-in-'));
  /** For the PATH. */
  readonly bin = path.join(this.folder, 'bin');
  /** A file that looks like a program for 64-bit ARM. */
  readonly benchmarkModel = path.join(this.folder, 'benchmark_model');

  constructor(settings: PhoneSettings = {}) {
    mkdirSync(this.bin);
    const script = path.join(import.meta.dirname, 'adb.mjs');
    // A settings of the editor names it, where no variable can be given.
    const command = `#!/bin/sh\nADB_STAND_IN='${this.folder}' exec '${process.execPath}' '${script}' "$@"\n`;
    writeFileSync(this.adb, command);
    chmodSync(this.adb, 0o755);
    writeFileSync(this.benchmarkModel, elf(183), { mode: 0o755 });
    this.set(settings);
  }

  get adb(): string {
    return path.join(this.bin, 'adb');
  }

  /** Makes it a phone like this, to which nothing has happened yet. */
  set(settings: PhoneSettings): void {
    for (const name of ['unplugged', 'running', 'killed', 'starts', 'calls.jsonl', 'files', 'operators.csv'])
      rmSync(this.file(name), { recursive: true, force: true });
    writeFileSync(this.file('phone.json'), JSON.stringify(settings));
    writeFileSync(this.file('operators.csv'), '');
    mkdirSync(this.file('files'));
  }

  /** The table of operators that the tool writes. */
  setOperators(csv: string): void {
    writeFileSync(this.file('operators.csv'), csv);
  }

  /** The phone is back. */
  plugIn(): void {
    rmSync(this.file('unplugged'), { force: true });
  }

  /** Arguments of each call. */
  get calls(): string[][] {
    const file = this.file('calls.jsonl');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  /** Folders that are left on the phone. */
  get left(): string[] {
    const tmp = this.file('files/data/local/tmp');
    return existsSync(tmp) ? readdirSync(tmp) : [];
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The head of a program for a machine, as the ELF specification numbers them. */
export function elf(machine: number): Uint8Array {
  const head = Buffer.alloc(64);
  head.write('\x7fELF', 'latin1');
  head.set([2, 1, 1], 4);
  head.writeUInt16LE(3, 16);
  head.writeUInt16LE(machine, 18);
  return head;
}

/** A table as benchmark_model writes it: these rows, and the tables around them. */
export function operatorsCsv(rows: readonly { type: string; name: string; ms: number }[]): string {
  const title = (name: string) => `============================== ${name} ==============================`;
  const columns = 'node type, first, avg_ms, %, cdf%, mem KB, times called, name';
  const line = ({ type, name, ms }: { type: string; name: string; ms: number }) =>
    `${type}, ${ms * 1.1}, ${ms}, 1.4%, 1.4%, 0, 1, ${name.replaceAll(',', '\t')}`;
  const order = rows.map(line).join('\n');
  return `Profiling Info for Benchmark Initialization:
${title('Run Order')}
${columns}
ModifyGraphWithDelegate, 1.2, 1.2, 90%, 90%, 0, 1, ModifyGraphWithDelegate/0
AllocateTensors, 0.1, 0.1, 10%, 100%, 0, 1, AllocateTensors/0

Number of nodes executed: 2

Operator-wise Profiling Info for Regular Benchmark Runs:
${title('Run Order')}
${columns}
${order}

${title('Top by Computation Time')}
${columns}
${order}

Number of nodes executed: ${rows.length}
${title('Summary by node type')}
node type, count, avg_ms, avg %, cdf %, mem KB, times called
CONV_2D, 4, 1.2, 100%, 100%, 0, 4

Timings (microseconds): count=30 first=1 curr=1 min=1 max=1 avg=1 std=0
Memory (bytes): count=0
${rows.length} nodes observed
`;
}
