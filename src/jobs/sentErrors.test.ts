import { describe, expect, it } from 'vitest';
import { CheckError, InstallationError, ModelError, TooBusyError, UsageError } from '../model/modelError';
import { withPlace } from '../protocol/sentError';
import { receivedError, sentError } from './sentErrors';

const PLACE = { file: '/models/cat.onnx', node: 'conv 7', offset: 1234 };

/** As a message channel copies it: what is no data is lost. */
const carried = (error: unknown) => receivedError(structuredClone(sentError(error)));

describe('an error that is sent', () => {
  it.each([ModelError, UsageError, CheckError, InstallationError, TooBusyError])(
    'is the same %o on the other side',
    (kind) => {
      const error = carried(new kind('It does not fit.', PLACE));
      expect(error.constructor).toBe(kind);
      expect(error).toMatchObject({ message: 'It does not fit.', ...PLACE });
    },
  );

  it('has the causes with their stacks for the log', () => {
    const { detail } = sentError(new ModelError('It failed.', {}, new Error('engine said no')));
    expect(detail).toMatch(/It failed\..*\n\s+at .*Caused by: Error: engine said no\n\s+at /s);
  });

  it('of the system is a sentence, and of the program none', () => {
    const missing = Object.assign(new Error('ENOENT'), {
      code: 'ENOENT',
      syscall: 'open',
      path: '/a/b.onnx',
    });
    expect(sentError(missing)).toMatchObject({ kind: 'model', file: '/a/b.onnx' });
    const mistake = new TypeError('x is undefined');
    expect(sentError(mistake)).toMatchObject({ kind: 'internal', message: 'x is undefined' });
    expect(carried(mistake)).not.toBeInstanceOf(ModelError);
    expect(carried(mistake).stack).toBe(mistake.stack);
    expect(sentError('thrown text')).toMatchObject({ kind: 'internal', message: 'thrown text' });
  });
});

describe('the place of an error', () => {
  it.each([
    ['It is damaged.', 'It is damaged. (/models/cat.onnx, node conv 7, byte 1234)'],
    ['cat.onnx is damaged at byte 1234.', 'cat.onnx is damaged at byte 1234. (node conv 7)'],
    ['conv 7 of cat.onnx is damaged at 1234.', 'conv 7 of cat.onnx is damaged at 1234.'],
  ])('follows the sentence where that does not name it: %s', (message, shown) => {
    expect(withPlace({ message, ...PLACE })).toBe(shown);
  });

  it('is nothing where it is not known, and knows paths of Windows', () => {
    expect(withPlace({ message: 'It is damaged.' })).toBe('It is damaged.');
    expect(withPlace({ message: 'dog.onnx is damaged.', file: 'C:\\models\\dog.onnx' })).toBe(
      'dog.onnx is damaged.',
    );
  });
});
