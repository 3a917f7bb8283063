import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Finding } from '../../src/protocol/advice/finding';
import { host } from '../host';
import { base } from './theme';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

/** Layers of a finding that are named; the others are counted. */
const NAMED = 3;

/**
 * What to look at or do next, each with its figure, its layers and one click. Events: `show` (id of a layer), `act`
 * (AdviceAction), `open` (boolean).
 */
@customElement('caliper-advice')
export class Advice extends LitElement {
  @property({ attribute: false }) findings: readonly Finding[] = [];
  @property({ attribute: false }) short: (name: string) => string = (name) => name;
  @property({ type: Boolean }) open = false;
  /** Something runs: nothing can be started. */
  @property({ type: Boolean }) busy = false;

  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
      }
      summary {
        cursor: pointer;
        width: fit-content;
      }
      ul {
        display: grid;
        gap: 4px;
        margin-top: 4px;
        max-height: 26vh;
        overflow: auto;
      }
      li {
        align-items: baseline;
        display: flex;
        gap: 8px;
      }
      vscode-icon {
        --vscode-icon-foreground: var(--vscode-editorLightBulb-foreground, var(--vscode-editorWarning-foreground));
        align-self: flex-start;
        flex: none;
      }
      p {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .layers {
        font-size: var(--small);
      }
      .act {
        border: 1px solid var(--vscode-button-border, var(--line));
        background: var(--vscode-button-secondaryBackground);
        color: var(--vscode-button-secondaryForeground);
        border-radius: 3px;
        cursor: pointer;
        font: inherit;
        font-size: var(--small);
        flex: none;
        margin-inline-start: auto;
        padding: 1px 8px;
      }
      .act:hover:enabled {
        background: var(--vscode-button-secondaryHoverBackground);
      }
      .act:disabled {
        cursor: default;
        opacity: 0.5;
      }
    `,
  ];

  override render() {
    const { findings } = this;
    if (findings.length === 0) return nothing;
    const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
    return html`<details
      ?open=${this.open}
      @toggle=${(event: Event) => {
        const { open } = event.target as HTMLDetailsElement;
        if (open !== this.open) this.emit('open', open);
      }}
    >
      <summary>What next <span class="muted">${count}</span></summary>
      <ul>
        ${findings.map((finding) => this.item(finding))}
      </ul>
    </details>`;
  }

  private item({ rule, text, layers, action }: Finding) {
    const more = layers.length - NAMED;
    return html`<li data-rule=${rule}>
      <vscode-icon name="lightbulb"></vscode-icon>
      <p>
        ${text}
        <span class="layers">
          ${layers
            .slice(0, NAMED)
            .map(
              ({ id, name }) =>
                html`<button class="link" title=${`Show ${name}`} @click=${() => this.emit('show', id)}>${this.short(name)}</button> `,
            )}
          ${more > 0 ? html`<span class="muted">and ${more} more</span>` : nothing}
        </span>
      </p>
      ${
        action === null || (host.alone && action.kind !== 'memory')
          ? nothing
          : html`<button class="act" ?disabled=${this.busy && action.kind === 'quantize'} @click=${() => this.emit('act', action)}>${action.label}</button>`
      }
    </li>`;
  }

  private emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
