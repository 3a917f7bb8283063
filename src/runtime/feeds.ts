import type { Feeds, RuntimeTensor } from './engine';

/** Tensors by name. Names are a model's own, so the object knows no others: not `constructor`, and `__proto__` is one. */
export function feedsFrom(entries: Iterable<readonly [string, RuntimeTensor]> = []): Feeds {
  const feeds: Feeds = Object.create(null);
  for (const [name, tensor] of entries) feeds[name] = tensor;
  return feeds;
}
