/** See chromium.mjs. */
export const CHROMIUM_ARGUMENTS: string[];
export function chromiumPath(): string | undefined;
