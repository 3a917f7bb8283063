import { describe, expect, it } from 'vitest';
import { answer, Caller, type Handle, type Request, type Response } from './rpc';
import type { SentError } from './sentError';

interface Questions {
  double: { params: number; result: number };
  later: { params: string; result: string };
}

const toSent = (error: unknown): SentError => ({ kind: 'internal', message: String(error) });
const toError = ({ message }: SentError) => new Error(message);

/** Two ends and what passes between them; `carry` may refuse a response, as a port does that cannot copy it. */
function connect(handle: Handle<Questions>, carry: (response: Response<Questions>) => void = () => {}) {
  const requests: Request<Questions>[] = [];
  const caller: Caller<Questions> = new Caller((request) => requests.push(request), toError);
  const post = (response: Response<Questions>) => {
    carry(response);
    caller.receive(response);
  };
  return {
    caller,
    requests,
    deliver: (request: Request<Questions>) => answer(request, handle, post, toSent),
  };
}

describe('calls', () => {
  it('are answered each with its own result, whatever the order', async () => {
    const { caller, requests, deliver } = connect((_, params) => params);
    const answers = Promise.all([
      caller.call('double', 1),
      caller.call('later', 'b'),
      caller.call('double', 3),
    ]);
    for (const request of requests.toReversed()) deliver(request);
    expect(await answers).toEqual([1, 'b', 3]);
  });

  it('are answered before the next thing happens where the result is there', () => {
    const seen: string[] = [];
    const { caller, requests, deliver } = connect(
      () => 2,
      () => seen.push('answered'),
    );
    void caller.call('double', 1);
    for (const request of requests) deliver(request);
    expect(seen).toEqual(['answered']);
  });

  it.each<[string, Handle<Questions>]>([
    ['throws', () => raise('thrown')],
    ['rejects', () => Promise.reject(new Error('thrown'))],
    ['throws later', () => Promise.resolve().then(() => raise('thrown'))],
  ])('are answered with an error where the handler %s', async (_, handle) => {
    const { caller, requests, deliver } = connect(handle);
    const call = caller.call('double', 1);
    for (const request of requests) deliver(request);
    await expect(call).rejects.toThrow('thrown');
  });

  it.each<[string, Handle<Questions>]>([
    ['at once', () => 2],
    ['later', () => Promise.resolve(2)],
  ])('are answered with an error where a result that is there %s cannot be sent', async (_, handle) => {
    const { caller, requests, deliver } = connect(handle, ({ ok }) => {
      if (ok) raise('could not be cloned');
    });
    const call = caller.call('double', 1);
    for (const request of requests) deliver(request);
    await expect(call).rejects.toThrow('could not be cloned');
  });

  it('are all rejected when the other end is gone, and what it still says is nobody’s answer', async () => {
    const { caller, requests, deliver } = connect(() => 2);
    const calls = [caller.call('double', 1), caller.call('later', 'a')];
    caller.rejectAll(new Error('gone'));
    for (const call of calls) await expect(call).rejects.toThrow('gone');
    const next = caller.call('double', 1);
    for (const request of requests) deliver(request);
    expect(await next).toBe(2);
  });

  it('are rejected where they cannot be sent', async () => {
    const caller = new Caller<Questions>(() => raise('no port'), toError);
    await expect(caller.call('double', 1)).rejects.toThrow('no port');
  });
});

function raise(message: string): never {
  throw new Error(message);
}
