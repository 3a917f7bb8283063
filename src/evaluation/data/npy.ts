import { closeSync, fstatSync, readSync } from 'node:fs';
import { openFile } from '../../formats/binary';
import type { DataType } from '../../model/dataType';
import { ModelError } from '../../model/modelError';
import { fromBytes, type Numbers } from './elements';

/** An array of a NumPy file. */
export interface NumpyArray {
  readonly type: DataType;
  readonly shape: readonly number[];
  /** Elements in C order; float16 comes as float32. */
  read(from: number, count: number): Numbers;
}

/** Bytes with a known length, on disk or in memory. */
export interface ByteSource {
  /** For messages. */
  readonly name: string;
  readonly length: number;
  read(offset: number, length: number): Uint8Array;
}

/** Headers of NumPy's own making have 128 bytes; 64 KiB is what version 1 can hold (CWE-789). */
const MAX_HEADER = 65_536;
/** An array in Fortran order is read whole to be turned round (CWE-789). */
const MAX_FORTRAN_BYTES = 1024 ** 3;
/** NumPy's own limit (CWE-770). */
const MAX_RANK = 64;

const TYPES: Readonly<Record<string, DataType>> = {
  b1: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/**
 * Reads the header of a `.npy` file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html,
 * versions 1 to 3).
 * @throws ModelError when it is damaged, shorter than its shape says, or holds anything but numbers.
 */
export function openNpy(source: ByteSource): NumpyArray {
  const { text, dataOffset } = readHeader(source);
  const descr = /'descr'\s*:\s*'([<>|=]?)(\w+)'/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const dims = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (order === null || dims === null) throw damaged(source, 'its header is not that of a NumPy array');
  const type = TYPES[descr?.[2] ?? ''];
  if (descr === null || type === undefined) {
    throw new ModelError(
      `${source.name} holds elements of a type that is not a number: only numbers can be data.`,
    );
  }
  const shape = (dims[1]?.match(/\d+/g) ?? []).map(Number);
  const width = Number(descr[2]?.slice(1));
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length > MAX_RANK || !Number.isSafeInteger(count * width))
    throw damaged(source, 'its shape is absurd');
  if (count * width > source.length - dataOffset) {
    throw damaged(source, `its shape needs ${count * width} bytes and it has ${source.length - dataOffset}`);
  }
  const fortran = order[1] === 'True' && shape.length > 1;
  const bytes = fortran ? turnedRound(source, dataOffset, shape, width) : stored(source, dataOffset);
  return {
    type,
    shape,
    read: (from, length) => decode(type, width, bytes(from * width, length * width), descr[1] === '>'),
  };
}

type ReadBytes = (offset: number, length: number) => Uint8Array;

function stored(source: ByteSource, dataOffset: number): ReadBytes {
  return (offset, length) => source.read(dataOffset + offset, length);
}

function readHeader(source: ByteSource): { text: string; dataOffset: number } {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  const start = source.read(0, Math.min(12, source.length));
  if (start.length < 10 || magic.some((byte, i) => start[i] !== byte)) {
    throw damaged(source, 'it does not begin as a NumPy file');
  }
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  const long = view.getUint8(6) >= 2;
  if (long && start.length < 12) throw damaged(source, 'its header is cut off');
  const [offset, length] = long ? [12, view.getUint32(8, true)] : [10, view.getUint16(8, true)];
  if (length > MAX_HEADER || offset + length > source.length) throw damaged(source, 'its header is cut off');
  return { text: new TextDecoder('latin1').decode(source.read(offset, length)), dataOffset: offset + length };
}

function damaged(source: ByteSource, why: string): ModelError {
  return new ModelError(`${source.name} is damaged: ${why}.`);
}

function decode(type: DataType, width: number, bytes: Uint8Array, bigEndian: boolean): Numbers {
  if (!bigEndian || width === 1) return fromBytes(type, bytes);
  const reversed = new Uint8Array(bytes);
  for (let at = 0; at < reversed.length; at += width) reversed.subarray(at, at + width).reverse();
  return fromBytes(type, reversed);
}

/** Puts an array in Fortran order (first axis fastest) into C order when it is first read, and keeps it. */
function turnedRound(
  source: ByteSource,
  dataOffset: number,
  shape: readonly number[],
  width: number,
): ReadBytes {
  const length = shape.reduce((product, size) => product * size, width);
  if (length > MAX_FORTRAN_BYTES) {
    throw new ModelError(
      `${source.name} is in Fortran order and larger than 1 GiB: save it with numpy.ascontiguousarray.`,
    );
  }
  let turned: Uint8Array | null = null;
  return (offset, count) => {
    turned ??= toRowMajor(source.read(dataOffset, length), shape, width);
    return turned.subarray(offset, offset + count);
  };
}

function toRowMajor(columnMajor: Uint8Array, shape: readonly number[], width: number): Uint8Array {
  const result = new Uint8Array(columnMajor.length);
  const axes = shape.map((size, axis) => ({
    size,
    stride: shape.slice(0, axis).reduce((product, before) => product * before, width),
    index: 0,
  }));
  axes.reverse();
  let from = 0;
  for (let to = 0; to < result.length; to += width) {
    result.set(columnMajor.subarray(from, from + width), to);
    for (const axis of axes) {
      axis.index++;
      from += axis.stride;
      if (axis.index < axis.size) break;
      from -= axis.index * axis.stride;
      axis.index = 0;
    }
  }
  return result;
}

/** A file that is read where it is asked, and open only meanwhile. */
export function fileSource(path: string): ByteSource {
  const withFile = <T>(use: (file: number) => T): T => {
    const file = openFile(path);
    try {
      return use(file);
    } finally {
      closeSync(file);
    }
  };
  return {
    name: path,
    length: withFile((file) => fstatSync(file).size),
    read: (offset, length) =>
      withFile((file) => {
        const bytes = new Uint8Array(length);
        const read = readSync(file, bytes, 0, length, offset);
        if (read < length) throw new ModelError(`${path} changed while it was read.`, { file: path });
        return bytes;
      }),
  };
}
