import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { host, toHostError } from '../host';
import { base } from './theme';

/** How long it is said (milliseconds): long enough to be read, short enough to be in nobody's way. */
const SHOWN = 1800;

/** Says that something was copied, where everybody sees it and screen readers hear it. */
@customElement('caliper-copied')
export class Copied extends LitElement {
  @property() text = '';

  static override readonly styles = [
    base,
    css`
      :host {
        background: var(--panel);
        border: 1px solid var(--vscode-editorWidget-border, var(--line));
        border-radius: 4px;
        bottom: 16px;
        box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
        left: 50%;
        padding: 4px 12px;
        position: fixed;
        transform: translateX(-50%);
        z-index: 10;
      }
    `,
  ];

  override render() {
    return html`<span role="status">${this.text}</span>`;
  }
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Copies a text, and says so. `what`: `the row`. */
export async function copyText(text: string, what = ''): Promise<void> {
  try {
    await host.request('copy', { text });
    tell(what === '' ? 'Copied' : `Copied ${what}`);
  } catch (error) {
    tell(toHostError(error).message);
  }
}

function tell(text: string): void {
  document.querySelector('caliper-copied')?.remove();
  const said = new Copied();
  said.text = text;
  document.body.append(said);
  clearTimeout(timer);
  timer = setTimeout(() => said.remove(), SHOWN);
}
