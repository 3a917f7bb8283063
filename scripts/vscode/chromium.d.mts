/** See chromium.mjs. */
export interface Way {
  readonly name: string;
  possible(): boolean;
  get(): Promise<unknown>;
}
export const CHROMIUM_ARGUMENTS: string[];
export function chromiumPath(): string | undefined;
export function ensureChromium(parts?: {
  find?: () => Promise<string | undefined>;
  ways?: readonly Way[];
  say?: (line: string) => void;
}): Promise<string | undefined>;
