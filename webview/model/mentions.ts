import type { ReactiveControllerHost } from 'lit';
import { host } from '../host';
import { type Mentions, queryOf } from '../search/query';

/** Asking waits until nobody has typed for so long (milliseconds). */
const DELAY = 150;
/** Shorter words would be mentioned by nearly everything. */
const SHORTEST = 2;

/** Which rows mention the words of a search in their weights or attributes, which the host knows. */
export class SearchMentions {
  found: Mentions = new Map();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = new Set<string>();

  constructor(private readonly page: Pick<ReactiveControllerHost, 'requestUpdate'>) {}

  /** Asks for the words of a search that nobody has asked for yet. */
  look(search: string): void {
    clearTimeout(this.timer);
    const words = queryOf(search).words.filter((word) => word.length >= SHORTEST && !this.asked.has(word));
    if (words.length > 0) this.timer = setTimeout(() => void this.ask(words), DELAY);
  }

  /** Rows are others now. */
  forget(): void {
    this.found = new Map();
    this.asked = new Set();
  }

  private async ask(words: readonly string[]): Promise<void> {
    const { asked } = this;
    for (const word of words) asked.add(word);
    // Without an answer a search finds what the rows say themselves.
    const rows = await Promise.all(words.map((text) => host.request('find', { text }).catch(() => [])));
    if (asked !== this.asked) return;
    this.found = new Map([
      ...this.found,
      ...words.map((word, place) => [word, new Set(rows[place])] as const),
    ]);
    this.page.requestUpdate();
  }
}
