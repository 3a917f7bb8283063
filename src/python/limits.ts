/** Bounds on what a Python source may make us do. Sources are other people's: each of them may be hostile. */

/**
 * Milliseconds of parsing. A source of 18,000 lines takes a fraction of a second; what its grammar has no words for, such
 * as thousands of lines of only backslashes, takes time that grows with its square (CWE-407).
 */
export const PARSING_TIME = 3_000;

/**
 * Nesting of the syntax tree that is looked at; people's code has less than 50, and each level takes some stack
 * (CWE-674).
 */
export const CONVERSION_DEPTH = 300;

/** Steps of evaluation for one module. The deepest published networks take less than a tenth of it (CWE-834). */
export const STEPS_A_MODULE = 400_000;

/**
 * Steps of one call of a function that makes no layers: enough to round a width, not to draw training data
 * (CWE-834).
 */
export const STEPS_A_COMPUTATION = 2_000;

/**
 * A call may take this part of the steps that are left, so that one that takes too long does not end the rest
 * (CWE-834).
 */
export const SHARE_OF_STEPS = 1 / 4;

/**
 * Steps for a whole file, so that many modules cannot add up to a thread that is always busy (about 5 s)
 * (CWE-834).
 */
export const STEPS_A_FILE = 4_000_000;

/**
 * Levels of expressions, statements and calls within each other, below what the stack of a thread can take
 * (CWE-674).
 */
export const EVALUATION_DEPTH = 400;

/** Calls within each other; only a recursion gets there (CWE-674). */
export const CALL_DEPTH = 40;

/** Modules within each other that are looked into; published networks have less than 20 (CWE-674). */
export const MODULE_DEPTH = 100;

/** Turns of one loop. `range(10**9)` is left after these, and what it builds is then incomplete (CWE-834). */
export const LOOP_TURNS = 2_000;

/** Elements of one list; `[0] * 10**9` is not known instead (CWE-770). */
export const LIST_ITEMS = 100_000;

/** Layers of one file; the largest published networks make a few thousand (CWE-770). */
export const LAYERS_A_FILE = 20_000;

/** Characters of one string that formatting or repeating makes (CWE-770). */
export const STRING_LENGTH = 2_000;

/** Instances of one constructor that are kept; more are only counted (CWE-770). */
export const INSTANCES_A_CALL = 500;

/** Makings of one class that are kept (CWE-770). */
export const MAKINGS_A_CLASS = 200;
