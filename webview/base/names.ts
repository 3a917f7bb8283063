import { html } from 'lit';

/** Parts of a path that tell layers apart; what comes before is much the same for all. */
const TAIL = 2;

/** The end of a long path, for where there is little room: `features.0/Conv`. */
export function shortName(name: string): string {
  const parts = name.split('/').filter((part) => part !== '');
  return parts.length > TAIL ? parts.slice(-TAIL).join('/') : name;
}

/** An operator's type without its domain: `Attention` of `com.microsoft.Attention`. */
export function shortOperator(op: string): string {
  return op.slice(op.lastIndexOf('.') + 1);
}

/** An operator with its domain behind it, because the type is what one looks for. */
export function operatorName(op: string) {
  const type = shortOperator(op);
  const domain = op.slice(0, -type.length - 1);
  return domain === ''
    ? html`<span class="ellipsis">${op}</span>`
    : html`<span class="ellipsis">${type} <span class="muted">${domain}</span></span>`;
}

/** A name that loses the beginning of its path first where there is too little room. */
export function pathName(name: string) {
  const tail = shortName(name);
  if (tail === name || !name.endsWith(tail)) return html`<span class="ellipsis">${name}</span>`;
  return html`<span class="path"
    ><span class="ellipsis muted">${name.slice(0, -tail.length)}</span><span class="ellipsis tail">${tail}</span></span
  >`;
}
