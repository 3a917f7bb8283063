import { parentPort, workerData } from 'node:worker_threads';
import { systemError } from '../files/systemError';
import { ModelError } from '../model/modelError';
import type { ReaderKind, ReaderRequest, ReaderResponse } from './readerProtocol';
import { type Answers, ReadingModel } from './readingModel';

/** The reading thread: answers questions about the one model that it was started with. */
const port = parentPort;
if (port === null) throw new Error('This module is started as a thread.');

const model: Answers = new ReadingModel(workerData);

port.on('message', (request: ReaderRequest) => port.postMessage(answer(request)));

function answer<K extends ReaderKind>({ id, kind, params }: ReaderRequest<K>): ReaderResponse<K> {
  try {
    return { id, ok: true, result: model[kind](params) };
  } catch (error) {
    const known = error instanceof ModelError ? error : systemError(error);
    const { message, stack } = known ?? (error instanceof Error ? error : new Error(String(error)));
    return { id, ok: false, message, expected: known !== null, detail: stack ?? message };
  }
}
