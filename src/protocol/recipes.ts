/** What a user can ask for. `int8-all` is int8 without the search that takes slow layers back to float. */
export const RECIPES = ['int8', 'int8-all', 'int8-dynamic', 'float16', 'float32'] as const;
export type Recipe = (typeof RECIPES)[number];
