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
  const tail = countedEnd(telling.at(-1)?.text ?? '');
  const head = telling.map(({ text, common }, place) => {
    if (common) return html`<span class="hole">${text}</span>`;
    return place === telling.length - 1 ? text.slice(0, text.length - tail.length) : text;
  });
  return html`<span class="name"
    >${lead === '' ? nothing : html`<span class="common">${lead}</span>`}<span class="telling"
      ><span class="head">${head}</span>${tail === '' ? nothing : html`<span class="tail">${tail}</span>`}</span
    ></span
  >`;
}

/** `/Constant_49` of `rnn/Constant_49`; '' where the last segment has no number, or is all there is. */
function countedEnd(text: string): string {
  const end = text.slice(Math.max(0, text.lastIndexOf('/')));
  return end !== text && /\d/.test(end) ? end : '';
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
  .name .head,
  .name .tail {
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
  .name .tail {
    flex: none;
    max-width: 70%;
  }
  .name .hole {
    font-size: 0;
  }
  .name .hole::before {
    color: var(--muted);
    content: '/…';
    font-size: var(--vscode-font-size, 13px);
  }
`;

/** A text that may be broken after each of its segments. */
export function breakable(name: string) {
  return name.split(/(?<=[/;])/).map((segment) => html`${segment}<wbr />`);
}
