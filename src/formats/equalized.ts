/**
 * A tensor whose channels equalization multiplied and moved is not the one that it was: in a file that was made so its
 * name, and that of weights that take part, says it.
 */
const MARK = '_equalized';

/** The name of such a tensor, by that of the one that it was. */
export function equalizedName(name: string): string {
  return `${name}${MARK}`;
}

/** The name of the tensor that one of these was, or that it is. */
export function originalName(name: string): string {
  return name.endsWith(MARK) ? name.slice(0, -MARK.length) : name;
}

/** Whether a tensor is one of those, or made of one: `w_equalized_int8`. */
export function isEqualized(name: string): boolean {
  const at = name.lastIndexOf(MARK);
  return at >= 0 && (at + MARK.length === name.length || name[at + MARK.length] === '_');
}
