import { itemAt, present } from '../../model/assert';
import { type Argument, C_TYPES, FUNCTIONS, type FunctionName } from './functions';
import { koffi } from './koffi';
import { StatusError } from './status';

/** Exported from 2.2.0 on; what is older has other prototypes and structs. */
const SINCE_2_2_0 = 'kLiteRtRuntimeBuiltin';

/** A library that loads, and is not a LiteRT that can be called. */
export class NotCallable extends Error {
  constructor(readonly why: 'too old' | 'no LiteRT') {
    super(why);
  }
}

/** The functions of a LiteRT library in this process. A broken model can end the process: only in a child. */
export class NativeLibrary {
  readonly #functions: ReadonlyMap<FunctionName, (...given: Argument[]) => number>;

  /** @throws Error of the system's loader, NotCallable where it lacks functions or is older than 2.2.0 */
  constructor(path: string) {
    const library = koffi().load(path);
    const has = (name: string) => {
      try {
        library.symbol(name);
        return true;
      } catch {
        return false;
      }
    };
    const names = Object.keys(FUNCTIONS) as FunctionName[];
    if (!has('LiteRtCreateEnvironment')) throw new NotCallable('no LiteRT');
    if (!has(SINCE_2_2_0) || !names.every(has)) throw new NotCallable('too old');
    this.#functions = new Map(
      names.map((name) => {
        const letters = FUNCTIONS[name];
        const types = [...letters.replace('-', '')].map((letter) => present(C_TYPES[letter], 'such type'));
        return [name, library.func(name, letters.endsWith('-') ? 'void' : 'int', types)];
      }),
    );
  }

  /** The status that a function gives. */
  call(name: FunctionName, ...given: Argument[]): number {
    return present(this.#functions.get(name), name)(...given);
  }

  /** @throws StatusError */
  check(name: FunctionName, ...given: Argument[]): void {
    const status = this.call(name, ...given);
    if (status !== 0) throw new StatusError(name, status);
  }

  /** What a function writes to the address that is its last argument: a handle, an address or a size. */
  pointer(name: FunctionName, ...given: Argument[]): bigint {
    const cell = new BigUint64Array(1);
    this.check(name, ...given, cell);
    return itemAt(cell, 0);
  }

  count(name: FunctionName, ...given: Argument[]): number {
    return Number(this.pointer(name, ...given));
  }
}

/** A string of the library's. */
export function stringAt(address: bigint): string {
  return koffi().decode.string(address);
}

/** Where memory of JavaScript lies. It does not move as long as somebody holds it. */
export function addressOf(memory: ArrayBufferView): bigint {
  return koffi().address(memory);
}

/** A C function that does nothing with a pointer, for memory that JavaScript owns. It lasts as long as the process. */
export function ignoringDestructor(): bigint {
  const { pointer, proto, register } = koffi();
  return register(() => {}, pointer(proto('void CaliperIgnoringDestructor(void *payload)')));
}
