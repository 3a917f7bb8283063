import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from './theme';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

/** A strip that says something to the reader; what he can do about it goes into the slot `actions`. */
@customElement('caliper-notice')
export class Notice extends LitElement {
  @property({ reflect: true }) kind: 'info' | 'warning' | 'error' = 'info';
  @property({ type: Boolean }) closable = false;

  static override readonly styles = [
    base,
    css`
      :host {
        --edge: var(--vscode-editorInfo-foreground);
        background: color-mix(in srgb, var(--edge) 9%, transparent);
        border: 1px solid var(--vscode-contrastBorder, transparent);
        border-inline-start: 3px solid var(--edge);
        border-radius: 3px;
        display: flex;
        gap: 8px;
        padding: 6px 8px 6px 9px;
      }
      :host([kind='warning']) {
        --edge: var(--vscode-editorWarning-foreground);
      }
      :host([kind='error']) {
        --edge: var(--vscode-editorError-foreground);
      }
      .icon {
        --vscode-icon-foreground: var(--edge);
        flex: none;
        height: 18px;
        padding-top: 1px;
      }
      .text {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      slot[name='actions'] {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      ::slotted([slot='actions']) {
        margin-top: 6px;
      }
    `,
  ];

  override willUpdate(): void {
    this.role = this.kind === 'error' ? 'alert' : 'status';
  }

  override render() {
    const icon = this.kind === 'error' ? 'error' : this.kind;
    return html`
      <span class="icon"><vscode-icon name=${icon}></vscode-icon></span>
      <div class="text">
        <slot></slot>
        <slot name="actions"></slot>
      </div>
      ${
        this.closable
          ? html`<button class="tool" aria-label="Dismiss" title="Dismiss" @click=${this.dismiss}>
              <vscode-icon name="close"></vscode-icon>
            </button>`
          : nothing
      }
    `;
  }

  private dismiss(): void {
    this.dispatchEvent(new CustomEvent('dismiss'));
  }
}
