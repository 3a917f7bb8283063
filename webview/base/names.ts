import { css, html } from 'lit';
import type { NamePart } from '../../src/protocol/shortNames';

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

/** A whole name, which loses first what it has in common with others where there is too little room. */
export function wholeName(parts: readonly NamePart[]) {
  // In one line, so that what somebody copies is the name.
  return html`<span class="name"
    >${parts.map(({ text, common }) => html`<span class=${common ? 'common' : 'telling'}>${text}</span>`)}</span
  >`;
}

/** For components that show whole names. */
export const nameStyles = css`
  .name {
    display: flex;
    min-width: 0;
  }
  .name span {
    flex: 0 1 auto;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: pre;
  }
  /* Where room is short, first what is common goes, then the end, which mostly is the operator. */
  .name .common {
    color: var(--muted);
    flex-shrink: 1000000;
    opacity: 0.85;
  }
  .name .common:not(:first-child) {
    min-width: 1.3em;
  }
  .name .telling:last-child {
    flex-shrink: 1000;
  }
  /* The first letter of a text is cut rather than left out, so the first one has no width. */
  .name .common::before {
    content: '\\200b';
  }
`;

/** A text that may be broken after each of its segments. */
export function breakable(name: string) {
  return name.split(/(?<=[/;])/).map((segment) => html`${segment}<wbr />`);
}
