import { itemAt } from '../../model/assert';
import { type NativeLibrary, stringAt } from './library';
import type { ProfilerEvent } from './profilerEvent';

/** ProfiledEventData of `litert/c/litert_profiler_event.h`, on 64-bit systems. */
const EVENT_BYTES = 104;
const TAG_AT = 0;
const TYPE_AT = 8;
const START_AT = 16;
const ELAPSED_AT = 24;
const INDEX_AT = 80;
const GRAPH_AT = 88;

/** Events that the library's buffer holds. What comes after is lost: take them out before. */
export const MAX_EVENTS = 524_288;

/** Of one compiled model, which owns it. */
export class Profiler {
  constructor(
    private readonly library: NativeLibrary,
    private readonly handle: bigint,
  ) {}

  start(): void {
    this.library.check('LiteRtStartProfiler', this.handle);
  }

  /** Events in the buffer. */
  get count(): number {
    const cell = new Int32Array(1);
    this.library.check('LiteRtGetNumProfilerEvents', this.handle, cell);
    return itemAt(cell, 0);
  }

  /** Events since `start`, in order; the buffer is then empty. */
  stop(): ProfilerEvent[] {
    const { library, handle } = this;
    library.check('LiteRtStopProfiler', handle);
    const { count } = this;
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
      graph: Number(view.getBigInt64(at + GRAPH_AT, true)),
    };
  });
}
