import type { DeviceContext } from '../runtime/devices/deviceContext';

export interface Progress {
  /** What is being done, in words: `Calibrating (12 of 50)`. */
  message: string;
  /** 0 to 1, null when it cannot be told. */
  fraction: number | null;
  /** The work may be stopped, and what was made until then can be kept. */
  keeps?: boolean;
}

/** What a job is given by the process that it runs in. */
export interface JobContext {
  /** Tells whoever waits what is being done. */
  progress(progress: Progress): void;
  /** A line for the log: details that a person reads only when something went wrong. */
  log(line: string): void;
  /** Aborted when the user wants no more than what was made until then. */
  readonly stop?: AbortSignal;
  /** A folder for temporary files, removed when the job is over. */
  readonly scratch: string;
  /** A folder where facts about this computer are remembered from job to job. It may not exist yet. */
  readonly memory: string;
  /** For measuring on other devices; absent where nothing is. */
  readonly devices?: DeviceContext;
}
