/** See server.mjs. */
export function makeState(): string;
export function installExtension(vsix: string, state: string, extensions: string): Promise<void>;
