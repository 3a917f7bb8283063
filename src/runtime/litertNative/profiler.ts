import { itemAt } from '../../model/assert';
import { type NativeLibrary, stringAt } from './library';

/** ProfiledEventData of `litert/c/litert_profiler_event.h`, on 64-bit systems. */
const EVENT_BYTES = 104;
const TAG_AT = 0;
const TYPE_AT = 8;
const START_AT = 16;
const ELAPSED_AT = 24;
const INDEX_AT = 80;

/** Events that the library's buffer holds. What comes after is lost: read and reset before. */
export const MAX_EVENTS = 524_288;

/** Kinds of events (bits of `tflite::Profiler::EventType`) that say where the time of a run goes. */
export const KERNEL_EVENT = 2;
export const XNNPACK_EVENT = 8;

export interface ProfilerEvent {
  /** XNNPACK's name of an operator, or TensorFlow Lite's. */
  readonly tag: string;
  /** KERNEL_EVENT: an operator of the file that TensorFlow Lite ran itself. XNNPACK_EVENT: one that XNNPACK ran. */
  readonly type: number;
  /** Microseconds of the library's clock. */
  readonly start: number;
  /** Whole microseconds, rounded down. */
  readonly microseconds: number;
  /** KERNEL_EVENT: index of the operator in its graph. */
  readonly index: number;
}

/** Of one compiled model, which owns it. */
export class Profiler {
  constructor(
    private readonly library: NativeLibrary,
    private readonly handle: bigint,
  ) {}

  start(): void {
    this.library.check('LiteRtStartProfiler', this.handle);
  }

  /** Events since `start`, in order; the buffer is then empty. */
  stop(): ProfilerEvent[] {
    const { library, handle } = this;
    library.check('LiteRtStopProfiler', handle);
    const cell = new Int32Array(1);
    library.check('LiteRtGetNumProfilerEvents', handle, cell);
    const count = itemAt(cell, 0);
    const bytes = new Uint8Array(count * EVENT_BYTES);
    if (count > 0) library.check('LiteRtGetProfilerEvents', handle, count, bytes);
    const events = eventsIn(bytes);
    library.check('LiteRtResetProfiler', handle);
    return events;
  }
}

function eventsIn(bytes: Uint8Array): ProfilerEvent[] {
  const view = new DataView(bytes.buffer);
  const tags = new Map<bigint, string>();
  const tagAt = (address: bigint): string => {
    const tag = tags.get(address) ?? stringAt(address);
    tags.set(address, tag);
    return tag;
  };
  return Array.from({ length: bytes.length / EVENT_BYTES }, (_, index) => {
    const at = index * EVENT_BYTES;
    return {
      tag: tagAt(view.getBigUint64(at + TAG_AT, true)),
      type: view.getInt32(at + TYPE_AT, true),
      start: Number(view.getBigUint64(at + START_AT, true)),
      microseconds: Number(view.getBigUint64(at + ELAPSED_AT, true)),
      index: Number(view.getBigInt64(at + INDEX_AT, true)),
    };
  });
}
