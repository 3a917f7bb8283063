import type { Problem } from '../model/model';
import type { ProblemPlace } from '../model/nodeId';

/** Tensors that are named; the others are counted. */
const NAMED = 3;

/** Tensors whose elements cannot be read, by why: a file that is missing is one problem, however many weights it holds. */
export class LostWeights {
  readonly #names = new Map<string, { names: string[]; place: ProblemPlace }>();

  /** @param why a part of a sentence, which begins with a small letter */
  add(name: string, why: string, place: ProblemPlace = {}): void {
    const known = this.#names.get(why);
    if (known === undefined) this.#names.set(why, { names: [name], place });
    else known.names.push(name);
  }

  /** A problem for each reason; at its layer where only one has it. */
  get problems(): Problem[] {
    return [...this.#names].map(([why, { names, place }]) => ({
      message: `The weights of ${namesText(names)} cannot be read: ${why}.`,
      ...(names.length === 1 ? place : {}),
    }));
  }
}

function namesText(names: readonly string[]): string {
  const named = names.slice(0, NAMED).map((name) => `'${name}'`);
  const more = names.length - named.length;
  return `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}
