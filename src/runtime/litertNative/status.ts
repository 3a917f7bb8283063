/** What numbers of LiteRtStatus mean (`litert/c/litert_common.h`): the library does not export the function that says it. */
const MEANINGS: Readonly<Record<number, string>> = {
  1: 'invalid argument',
  2: 'out of memory',
  3: 'runtime failure',
  4: 'missing input tensor',
  5: 'unsupported',
  6: 'not found',
  7: 'timeout',
  8: 'wrong version',
  9: 'unknown error',
  10: 'already exists',
  100: 'cancelled',
  500: 'file could not be read or written',
  501: 'invalid flatbuffer',
  502: 'dynamic loading failed',
  503: 'serialization failed',
  504: 'compilation failed',
  1000: 'index out of bounds',
  1001: 'invalid IR type',
  1002: 'invalid graph',
  1003: 'graph modification failed',
  1500: 'invalid tool configuration',
  2000: 'no legalization',
  2001: 'invalid legalization',
  3000: 'no pattern match',
  3001: 'invalid transformation',
  4000: 'unsupported runtime version',
  4001: 'unsupported compiler version',
  4002: 'incompatible byte code version',
  5000: 'no shape inference for an operator',
  5001: 'shape inference failed',
};

/** A function of the library that gave another status than 0, and what the library said about it, if anything. */
export class StatusError extends Error {
  constructor(
    readonly functionName: string,
    readonly status: number,
    readonly said = '',
  ) {
    const meaning = MEANINGS[status] ?? `status ${status}`;
    super(said === '' ? `${functionName}: ${meaning}` : `${said}\n${functionName}: ${meaning}`);
    this.name = 'StatusError';
  }
}
