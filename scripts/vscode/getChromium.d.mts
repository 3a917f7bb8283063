/** See getChromium.mjs. */
export interface Way {
  readonly name: string;
  possible(): boolean;
  get(): Promise<unknown>;
}
export function ensureChromium(parts?: {
  find?: () => Promise<string | undefined>;
  ways?: readonly Way[];
  say?: (line: string) => void;
}): Promise<string | undefined>;
