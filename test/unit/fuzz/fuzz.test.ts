import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../support';
import { FORMATS, type FuzzFormat, fuzz } from './fuzz';

/** As many as fit the time that tests may take; `npx tsx bench/fuzz.ts` tries as many as one likes. */
const INPUTS = 1_000;

/** For computers that do much else at the same time, in ms. */
const TIME_LIMIT = 300_000;

const scratch = scratchFolder();

describe('damaged inputs are shown or refused with a sentence', () => {
  it.each(Object.keys(FORMATS) as FuzzFormat[])(
    'of %s',
    async (format) => {
      let shown = 0;
      for (let seed = 1; seed <= INPUTS; seed++) {
        const { refused } = await fuzz(format, seed, scratch);
        if (!refused) shown++;
      }
      // An input that is refused at its first byte tries nothing behind it.
      expect(shown).toBeGreaterThan(INPUTS / 2);
    },
    TIME_LIMIT,
  );
});
