/** Uniform numbers in [0, 1) that are the same for the same seed (xorshift32, Marsaglia 2003). */
export function seeded(seed: number): () => number {
  // Spreads small seeds over all bits; the state of a xorshift must not be 0.
  let state = Math.imul(seed | 0, 0x9e3779b1) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
