import { below, ODD_NAMES, oddText, pick, type Random } from './odd';

/** A run that is repeated makes what grows with its square visible, and stays below what editors hand over. */
const LONG_RUN = 4_000;

/** Damages a text by its words: they are replaced, runs of them removed, moved, doubled, or taken from another text. */
export function damageText(
  text: string,
  other: string,
  pieces: readonly string[],
  random: Random,
  edits: number,
): string {
  let tokens = tokensOf(text);
  const others = tokensOf(other);
  const words = [...new Set([...tokens, ...others].filter((token) => /^\w/.test(token)))];
  for (let edit = 0; edit < edits; edit++) {
    const at = below(random, tokens.length + 1);
    const length = 1 + below(random, random() < 0.8 ? 4 : 40);
    switch (below(random, 8)) {
      case 0:
        tokens.splice(at, length);
        break;
      case 1:
        tokens.splice(at, 0, ...tokens.slice(at, at + length));
        break;
      case 2:
        tokens.splice(below(random, tokens.length + 1), 0, ...tokens.splice(at, length));
        break;
      case 3: {
        const from = below(random, others.length);
        tokens.splice(at, below(random, 3), ...others.slice(from, from + length));
        break;
      }
      case 4:
        tokens.splice(at, 0, ...Array<string>(random() < 0.9 ? length : LONG_RUN).fill(pick(random, pieces)));
        break;
      case 5:
        if (random() < 0.2) tokens = tokens.slice(0, at);
        break;
      default: {
        const word = tokens.findIndex((token, index) => index >= at && /^\w/.test(token));
        if (word >= 0) tokens[word] = random() < 0.2 ? pick(random, ODD_NAMES) : oddText(random, words);
      }
    }
  }
  return tokens.join('');
}

function tokensOf(text: string): string[] {
  return text.match(/\w+|[^\S\n]+|\n|[^\w\s]/gu) ?? [];
}
