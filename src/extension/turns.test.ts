import { expect, it } from 'vitest';
import { Turns } from './turns';

const never = new AbortController().signal;

it('gives turns in the order of coming, one at a time', async () => {
  const turns = new Turns();
  const came: number[] = [];
  expect(turns.tryTake()).toBe(true);
  expect(turns.tryTake()).toBe(false);
  const both = [1, 2].map((who) => turns.wait(never).then(() => came.push(who)));
  await Promise.resolve();
  expect(came).toEqual([]);
  turns.give();
  // Nobody gets in between, not even before the next one knows of the turn.
  expect(turns.tryTake()).toBe(false);
  await both[0];
  expect(came).toEqual([1]);
  turns.give();
  await both[1];
  expect(came).toEqual([1, 2]);
  turns.give();
  expect(turns.tryTake()).toBe(true);
});

it('forgets who does not wait any more', async () => {
  const turns = new Turns();
  turns.tryTake();
  const leaves = new AbortController();
  const first = turns.wait(leaves.signal);
  const second = turns.wait(never);
  leaves.abort();
  expect(await first).toBe(false);
  turns.give();
  expect(await second).toBe(true);
  turns.give();
  expect(await turns.wait(AbortSignal.abort())).toBe(false);
  expect(turns.tryTake()).toBe(true);
});
