/** The numbers that the weights of a tensor can become, each by a code: an integer times a step, an entry of a table. */
export interface Grid {
  /** The code of what is nearest to a value, for a weight by its place in the tensor. */
  nearest(at: number, value: number): number;
  /** What a code stands for there. */
  real(at: number, code: number): number;
}
