import { ModelError } from '../model/modelError';
import type { ReaderKind, ReaderRequests } from './readerProtocol';
import { Thread } from './thread';

/**
 * Heap of a reading thread in MB, which a hostile file cannot make it exceed (CWE-400); 100,000 layers take less than a
 * quarter of this.
 */
const HEAP_LIMIT = 2048;

/** Reads one model in a thread of its own. */
export class Reader {
  private readonly thread: Thread<ReaderRequests>;

  /**
   * @param script the bundled `reader.ts`
   * @param model path of the file
   */
  constructor(script: string, model: string) {
    this.thread = new Thread({ script, data: model, heapLimit: HEAP_LIMIT, work: 'Reading the model' });
  }

  /** Rejects with ModelError where the file is to blame. */
  ask<K extends ReaderKind>(
    kind: K,
    params: ReaderRequests[K]['params'],
  ): Promise<ReaderRequests[K]['result']> {
    return this.thread.call(kind, params);
  }

  /** Ends the thread whatever it is doing; what was asked and not answered is rejected. */
  stop(reason = 'The model was closed.'): void {
    this.thread.stop(new ReaderStopped(reason));
  }
}

/** The answer is no longer wanted: the model was closed or changed. */
export class ReaderStopped extends ModelError {}
