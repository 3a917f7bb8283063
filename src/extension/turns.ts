/** Whoever comes while another one is at work waits, in the order of coming. A turn is handed on without a gap. */
export class Turns {
  private taken = false;
  private readonly waiting: (() => void)[] = [];

  /** Takes the turn where nobody has it. */
  tryTake(): boolean {
    if (this.taken) return false;
    this.taken = true;
    return true;
  }

  /** Settles with true when the turn has come, with false when waiting was called off. */
  wait(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.tryTake()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(come), 1);
        resolve(false);
      };
      const come = () => {
        signal.removeEventListener('abort', leave);
        resolve(true);
      };
      this.waiting.push(come);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Who has the turn gives it to whoever has waited longest. */
  give(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.taken = false;
    else next();
  }
}
