import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { answer, type Request } from '../protocol/rpc';
import { answerBudgets } from './budgets';
import type { ReaderRequests } from './readerProtocol';
import { type Answers, ReadingModel } from './readingModel';
import { sentError } from './sentErrors';

/*
 * A thread that reads: the one model that it was started with, or what budgets ask of models where it was started with
 * none. It is one script because nearly all of it is what both need.
 */
const port = parentPort;
if (port === null) throw new Error('This module is started as a thread.');
if (workerData === null) answerBudgets(port);
else answerReader(port, new ReadingModel(workerData));

function answerReader(to: MessagePort, model: Answers): void {
  to.on('message', (request: Request<ReaderRequests>) =>
    answer<ReaderRequests>(
      request,
      (kind, params) => model[kind](params),
      (response) => to.postMessage(response),
      sentError,
    ),
  );
}
