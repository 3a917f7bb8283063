import { parentPort, workerData } from 'node:worker_threads';
import { answer, type Request } from '../protocol/rpc';
import type { ReaderRequests } from './readerProtocol';
import { type Answers, ReadingModel } from './readingModel';
import { sentError } from './sentErrors';

/** The reading thread: answers questions about the one model that it was started with. */
const port = parentPort;
if (port === null) throw new Error('This module is started as a thread.');

const model: Answers = new ReadingModel(workerData);

port.on('message', (request: Request<ReaderRequests>) =>
  answer<ReaderRequests>(
    request,
    (kind, params) => model[kind](params),
    (response) => port.postMessage(response),
    sentError,
  ),
);
