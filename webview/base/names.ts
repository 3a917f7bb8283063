import { css, html, nothing } from 'lit';
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

/**
 * A whole name: what it has in common with others gives way first, then the end, which mostly is the operator, or what
 * is before the end where that is what is counted. Holes are drawn only, so that what somebody copies is the name.
 */
export function wholeName(parts: readonly NamePart[]) {
  const [first] = parts;
  const lead = first?.common === true ? first.text : '';
  const telling = lead === '' ? parts : parts.slice(1);
  const end = telling.at(-1)?.text ?? '';
  const last = end.slice(Math.max(0, end.lastIndexOf('/')));
  // Numbers of words, `Conv2D1`, count nothing where the word before is counted, `conv2d_3`.
  const before = telling.map(({ text }) => text).join('');
  const counts = /[._]\d/.test(last) || (/\d/.test(last) && !/\d$/.test(before.slice(0, -last.length)));
  // Where it is all there is, it is cut at its end like any text.
  const tail = counts && (telling.length > 1 || last !== end) ? last : '';
  const start = telling.map(({ text, common }, place) => {
    if (common) return html`<span class="hole" data-sign=${text.charAt(0)}>${text}</span>`;
    return place === telling.length - 1 ? text.slice(0, text.length - tail.length) : text;
  });
  return html`<span class="name"
    >${lead === '' ? nothing : html`<span class="common">${lead}</span>`}<span class="telling"
      ><span class="start">${start}</span>${tail === '' ? nothing : html`<span class="end">${tail}</span>`}</span
    ></span
  >`;
}

/** For components that show whole names. */
export const nameStyles = css`
  .name,
  .name .telling {
    display: flex;
    min-width: 0;
    white-space: pre;
  }
  .name .telling {
    flex: none;
    max-width: 100%;
  }
  .name .common,
  .name .start,
  .name .end {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .name .common {
    color: var(--muted);
    opacity: 0.85;
  }
  /* The first letter of a text is cut rather than left out, so the first one has no width. */
  .name .common::before {
    content: '\\200b';
  }
  .name .end {
    flex: none;
    max-width: 70%;
  }
  .name .hole {
    font-size: 0;
  }
  .name .hole::before {
    color: var(--muted);
    content: attr(data-sign) '…';
    font-size: var(--vscode-font-size, 13px);
  }
`;

/** Where a name may be broken. */
export const SEGMENT_ENDS = /(?<=[/;])/;

/** A text that may be broken after each of its segments. */
export function breakable(name: string) {
  return name.split(SEGMENT_ENDS).map((segment) => html`${segment}<wbr />`);
}
