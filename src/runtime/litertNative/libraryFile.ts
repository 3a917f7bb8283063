import { readHead } from '../../files/readHead';

/** What a shared library was built for, as Node calls it; other processors by their number. */
export interface LibraryFile {
  readonly platform: 'linux' | 'darwin' | 'win32';
  /** null: for several. */
  readonly processor: string | null;
}

/** As much of a file as says what it is; of a PE file the header may lie a little further back. */
const HEAD_BYTES = 4096;

const ELF_MACHINES: Readonly<Record<number, string>> = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64' };
const MACH_O_CPUS: Readonly<Record<number, string>> = { 16777223: 'x64', 16777228: 'arm64' };
const PE_MACHINES: Readonly<Record<number, string>> = { 332: 'ia32', 34404: 'x64', 43620: 'arm64' };

/** null: it is no shared library. The loaders of systems say little of why they refuse one. @throws what reading it throws */
export function readLibraryFile(path: string): LibraryFile | null {
  const { buffer, byteOffset, byteLength } = readHead(path, HEAD_BYTES);
  const head = new DataView(buffer, byteOffset, byteLength);
  try {
    switch (head.getUint32(0)) {
      case 0x7f454c46:
        return { platform: 'linux', processor: named(ELF_MACHINES, head.getUint16(18, true)) };
      case 0xcffaedfe:
        return { platform: 'darwin', processor: named(MACH_O_CPUS, head.getUint32(4, true)) };
      case 0xcafebabe:
        return { platform: 'darwin', processor: null };
    }
    // "MZ", and behind a pointer "PE\0\0".
    const header = head.getUint16(0) === 0x4d5a ? head.getUint32(0x3c, true) : null;
    if (header === null || head.getUint32(header) !== 0x50450000) return null;
    return { platform: 'win32', processor: named(PE_MACHINES, head.getUint16(header + 4, true)) };
  } catch (error) {
    // It ends before.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function named(names: Readonly<Record<number, string>>, machine: number): string {
  return names[machine] ?? `machine ${machine}`;
}
