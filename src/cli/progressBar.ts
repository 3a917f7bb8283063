import type { Progress } from '../evaluation/jobContext';
import { printable } from '../protocol/printable';

const BAR = 24;
/** Drawing more often only makes the terminal flicker. */
const INTERVAL_MS = 80;

/** A line on stderr that is drawn over itself; nothing where stderr is not a terminal. */
export class ProgressBar {
  private drawn = 0;
  private visible = false;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  show({ message, fraction }: Progress): void {
    const now = performance.now();
    if (!this.stream.isTTY || (this.visible && now - this.drawn < INTERVAL_MS)) return;
    this.drawn = now;
    this.visible = true;
    const full = fraction === null ? 0 : Math.round(Math.min(1, Math.max(0, fraction)) * BAR);
    const percent = fraction === null ? '' : `${Math.round(fraction * 100)} %`.padStart(6);
    const line = `${'█'.repeat(full)}${'░'.repeat(BAR - full)}${percent}  ${printable(message)}`;
    const fitting = [...line].slice(0, this.stream.columns - 1).join('');
    this.stream.write(`\r\x1b[2K${fitting}`);
  }

  clear(): void {
    if (this.visible) this.stream.write('\r\x1b[2K');
    this.visible = false;
  }
}
