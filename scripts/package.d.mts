/** See package.mjs. */
export function packageFor(target: string): Promise<string>;
