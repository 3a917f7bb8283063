/** Kinds of events (bits of `tflite::Profiler::EventType`) that say where the time of a run goes. */
export const GENERAL_EVENT = 1;
export const KERNEL_EVENT = 2;
export const XNNPACK_EVENT = 8;

export interface ProfilerEvent {
  /** XNNPACK's name of an operator, or TensorFlow Lite's. */
  readonly tag: string;
  /** KERNEL_EVENT: an operator of the file that TensorFlow Lite ran itself. XNNPACK_EVENT: one that XNNPACK ran. */
  readonly type: number;
  /** Microseconds of the library's clock; 0 where XNNPACK took the time. */
  readonly start: number;
  /** Whole microseconds, rounded down. */
  readonly microseconds: number;
  /** KERNEL_EVENT: number of the operator in its graph. XNNPACK_EVENT: of XNNPACK's operator among those that it runs together. */
  readonly index: number;
  /** Number of the graph in the file. */
  readonly graph: number;
}
