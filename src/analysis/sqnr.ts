/**
 * Pairs that one call of a function adds. V8 compiles a loop that runs for millions of pairs without knowing what comes
 * after it, and throws that away at its end, each time.
 */
const PART = 2 ** 13;

/**
 * Signal-to-quantization-noise ratio, 10·log10(Σ float² / Σ (float − other)²), summed as samples come so that
 * nothing is held. Pairs with a non-finite value are left out and counted.
 */
export class Sqnr {
  private signal = 0;
  private noise = 0;
  private counted = 0;
  private excluded = 0;

  /** Both arrays have the same length. */
  add(float: ArrayLike<number>, other: ArrayLike<number>): void {
    if (float.length !== other.length) throw new RangeError('SQNR is defined for tensors of one size');
    for (let from = 0; from < float.length; from += PART)
      this.addPart(float, other, from, Math.min(float.length, from + PART));
  }

  private addPart(float: ArrayLike<number>, other: ArrayLike<number>, from: number, to: number): void {
    let signal = 0;
    let noise = 0;
    let excluded = 0;
    for (let i = from; i < to; i++) {
      const a = float[i] as number;
      const difference = a - (other[i] as number);
      // Finite where both are.
      if (difference - difference === 0) {
        signal += a * a;
        noise += difference * difference;
      } else excluded++;
    }
    this.signal += signal;
    this.noise += noise;
    this.excluded += excluded;
    this.counted += to - from - excluded;
  }

  /** Decibels; Infinity without any difference, −Infinity for noise on silence, null when nothing was compared. */
  get decibels(): number | null {
    if (this.counted === 0) return null;
    if (this.noise === 0) return Infinity;
    return 10 * Math.log10(this.signal / this.noise);
  }

  /** Pairs that were left out because a value was not finite. */
  get nonFinite(): number {
    return this.excluded;
  }
}

/** Decibels as the reports write them: a number that JSON can hold, else null. */
export function reportedDecibels(decibels: number | null): number | null {
  return decibels !== null && Number.isFinite(decibels) ? decibels : null;
}
