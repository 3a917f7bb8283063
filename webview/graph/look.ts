/** How a node of the picture looks: what it says, and how much of its colour it has. */
export interface Look {
  readonly title: string;
  readonly detail: string;
  readonly color: string;
  /** 0 to 1. */
  readonly strength: number;
  /** A second colour at its side: there is something else in it. */
  readonly second: string | null;
  /** It is not what somebody looks for. */
  readonly faded: boolean;
}

/** Colours as a canvas takes them. */
export interface Palette {
  readonly background: string;
  readonly foreground: string;
  readonly muted: string;
  readonly line: string;
  readonly edge: string;
  readonly skip: string;
  /** Where a tensor leaves float, or comes back to it. */
  readonly boundary: string;
  readonly focus: string;
  readonly panel: string;
  readonly font: string;
}

/** A text cut to a width, by the mean width of a letter: thousands are measured. */
export function cut(text: string, width: number, letter: number): string {
  const most = Math.floor(width / letter);
  if (text.length <= most) return text;
  if (most < 3) return '';
  const head = Math.floor((most - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}

/** The last parts of a text that have room, since the last one is the figure. */
export function lastParts(text: string, width: number, letter: number): string {
  const parts = text.split(' · ');
  while (parts.length > 1 && parts.join(' · ').length * letter > width) parts.shift();
  return cut(parts.join(' · '), width, letter);
}

/** Of the names and of what is below them, in pixels. */
export const LETTER = 6.6;
export const SMALL_LETTER = 6;
