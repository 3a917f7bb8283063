/**
 * Rows that a model may have when every call shows the nodes of what it calls: a file of 2 kB whose functions call one
 * another twice has 2^n. Models of others come to tens of thousands; as JSON a row takes half a kilobyte and
 * more (CWE-770).
 */
export const MAX_NESTED_NODES = 100_000;
