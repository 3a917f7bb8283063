import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ModelError } from '../model/modelError';
import { ownMark } from './owner';
import { cannotWrite, reason, systemError } from './systemError';

/** What Node throws for a code, as its documentation has it. */
const thrown = (code: string, syscall = 'open', path = '/d/m.onnx') =>
  Object.assign(new Error(`${code}: something, ${syscall} '${path}'`), { code, syscall, path, errno: -1 });

it.each(
  'EACCES EBUSY EDQUOT EEXIST EFBIG EIO EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENOENT ENOSPC ENOTDIR EPERM EROFS'.split(
    ' ',
  ),
)('makes a sentence of %s', (code) => {
  const error = systemError(thrown(code));
  expect(error).toBeInstanceOf(ModelError);
  expect(error?.message).toMatch(/^\/d\/m\.onnx cannot be opened: [a-z -]+\.$/);
  expect(error?.message).not.toContain(code);
  expect(reason(thrown(code))).toBe(error?.message.replace(/^.*: (.*)\.$/, '$1'));
});

it('makes sentences of what the system really says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-error-'));
  const said = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return systemError(error)?.message;
    }
    return undefined;
  };
  try {
    expect(said(() => readFileSync(folder))).toMatch(/cannot be read: it is a folder\.$/);
    expect(said(() => openSync(join(folder, 'no'), 'r'))).toMatch(
      /no cannot be opened: there is no such file or folder\.$/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('says of what was to be written, and names no temporary file', () => {
  expect(systemError(thrown('ENOSPC', 'write'))?.message).toContain('/d/m.onnx cannot be written');
  const scratch = `/tmp/caliper-${ownMark()}-AbCdEf/004-ranges.onnx`;
  const { message, file } = systemError(thrown('ENOSPC', 'write', scratch)) ?? {};
  expect(message).toBe(`A temporary file in ${tmpdir()} cannot be written: the disk is full.`);
  expect(file).toBeUndefined();
  expect(cannotWrite(scratch, thrown('ENOSPC', 'write')).message).toBe(message);
});

it('leaves mistakes of the program what they are', () => {
  expect(systemError(new TypeError('x is not a function'))).toBeNull();
  expect(systemError(Object.assign(new Error('wrong'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeNull();
});
