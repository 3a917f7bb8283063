/** See package.mjs. */
export function packageFor(target: string): string;
