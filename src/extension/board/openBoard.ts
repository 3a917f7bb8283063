/** The command that brings the board to the front, by its name: the board opens comparisons, which know no more of it. */
export const OPEN_BOARD = 'caliper.openBoard';
