import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from './theme';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';

/** Work that is going on: what it is doing, how far it is, and a way to stop it (event `cancel`). */
@customElement('caliper-progress')
export class Progress extends LitElement {
  @property() heading = '';
  @property() message = '';
  @property({ attribute: false }) fraction: number | null = null;
  @property({ type: Boolean }) cancelling = false;

  static override readonly styles = [
    base,
    css`
      :host {
        align-items: center;
        display: grid;
        gap: 4px 12px;
        grid-template-columns: 1fr auto;
      }
      .text {
        display: flex;
        gap: 8px;
        min-width: 0;
      }
      strong {
        font-weight: 600;
        white-space: nowrap;
      }
      vscode-button {
        grid-row: span 2;
      }
    `,
  ];

  override render() {
    const percent = this.fraction === null ? '' : ` · ${Math.round(this.fraction * 100)} %`;
    return html`
      <div class="text">
        <strong>${this.heading}</strong>
        <span class="muted ellipsis" aria-live="polite" title=${this.message}>${this.message}${percent}</span>
      </div>
      <vscode-button secondary ?disabled=${this.cancelling} @click=${this.cancel}>
        ${this.cancelling ? 'Cancelling…' : 'Cancel'}
      </vscode-button>
      <vscode-progress-bar
        aria-label=${this.heading}
        .value=${this.fraction === null ? undefined : this.fraction * 100}
        ?indeterminate=${this.fraction === null}
      ></vscode-progress-bar>
    `;
  }

  private cancel(): void {
    this.dispatchEvent(new CustomEvent('cancel'));
  }
}
