import { ignoringDestructor, NativeLibrary } from './library';

/** LiteRtEnvOptionTag. */
const ACCELERATORS_TO_REGISTER = 24n;
const LEAST_LOG_SEVERITY = 25n;
/** LiteRtAnyType. */
const INTEGER = 2n;
/** LiteRtHwAccelerators. */
export const CPU = 1;
/** LiteRtLogSeverity: errors alone. */
const ERROR = 3n;

/** A library with its environment. One a process, for as long as it lives. */
export class NativeLiteRt {
  readonly library: NativeLibrary;
  readonly environment: bigint;
  /** For memory that the library is told of and JavaScript owns. */
  readonly ignoringDestructor: bigint;

  /** @throws as NativeLibrary does, StatusError */
  constructor(path: string) {
    this.library = new NativeLibrary(path);
    // LiteRtEnvOption: tag, kind of value, value; 8 bytes each.
    const options = new BigInt64Array([
      ...[ACCELERATORS_TO_REGISTER, INTEGER, BigInt(CPU)],
      ...[LEAST_LOG_SEVERITY, INTEGER, ERROR],
    ]);
    this.environment = this.library.pointer('LiteRtCreateEnvironment', 2, options);
    this.ignoringDestructor = ignoringDestructor();
  }
}
