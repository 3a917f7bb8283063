import { writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withStandardError } from './standardError';

describe.skipIf(process.platform === 'win32')('what is written to standard error', () => {
  const failing = (text: string) => () => {
    writeSync(2, text);
    throw new Error('failed');
  };
  const said = (work: () => unknown) => {
    try {
      return withStandardError(work, (_, text) => new Error(text));
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('is said of the failure that it belongs to, and of no other', () => {
    expect(said(failing('the first, which is longer\n'))).toBe('the first, which is longer\n');
    expect(said(() => writeSync(2, 'no failure\n'))).toBe(11);
    expect(said(failing('zweitens: größer\n'))).toBe('zweitens: größer\n');
  });
});
