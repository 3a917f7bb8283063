import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { base } from './theme';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

export interface MenuItem {
  label: string;
  description?: string;
  /** Given: the item is a check box. */
  checked?: boolean;
  run(): void;
}

/** A button that opens a list of commands or of things to tick. Event: `open`. */
@customElement('caliper-menu')
export class Menu extends LitElement {
  @property({ attribute: false }) items: readonly MenuItem[] = [];
  @property() label = '';
  @property() icon = '';
  /** Only the icon is shown; the label is its name. */
  @property({ type: Boolean }) compact = false;

  @query('button.tool') private readonly button!: HTMLButtonElement;
  @query('[popover]') private readonly popup!: HTMLElement;

  static override readonly styles = [
    base,
    css`
      :host {
        display: inline-block;
      }
      [popover] {
        background: var(--vscode-menu-background);
        border: 1px solid var(--vscode-menu-border, var(--line));
        border-radius: 5px;
        box-shadow: 0 2px 8px var(--vscode-widget-shadow);
        color: var(--vscode-menu-foreground);
        margin: 0;
        min-width: 180px;
        padding: 4px;
        position: fixed;
      }
      .item {
        --vscode-icon-foreground: currentcolor;
        align-items: center;
        background: none;
        border: 0;
        border-radius: 3px;
        color: inherit;
        cursor: pointer;
        display: flex;
        font: inherit;
        gap: 6px;
        padding: 3px 12px 3px 6px;
        text-align: start;
        width: 100%;
      }
      .item:hover,
      .item:focus {
        background: var(--vscode-menu-selectionBackground);
        color: var(--vscode-menu-selectionForeground);
        outline: 1px solid var(--vscode-menu-selectionBorder, transparent);
        outline-offset: -1px;
      }
      .mark {
        flex: none;
        height: 16px;
        width: 16px;
      }
      .description {
        color: var(--muted);
        font-size: var(--small);
        margin-inline-start: auto;
        padding-inline-start: 16px;
      }
      .item:hover .description,
      .item:focus .description {
        color: inherit;
      }
    `,
  ];

  override render() {
    return html`
      <button
        class="tool"
        aria-haspopup="menu"
        aria-label=${this.label}
        title=${this.compact ? this.label : nothing}
        @click=${this.toggle}
      >
        ${this.icon ? html`<vscode-icon name=${this.icon}></vscode-icon>` : nothing}
        ${this.compact ? nothing : this.label}
        ${this.compact ? nothing : html`<vscode-icon name="chevron-down" size="12"></vscode-icon>`}
      </button>
      <div popover role="menu" aria-label=${this.label} @keydown=${this.onKey} @toggle=${this.onToggle}>
        ${this.items.map(
          (item) => html`
            <button
              class="item"
              role=${item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
              aria-checked=${item.checked === undefined ? nothing : String(item.checked)}
              tabindex="-1"
              @click=${() => this.choose(item)}
            >
              ${
                item.checked === undefined
                  ? nothing
                  : html`<span class="mark">${item.checked ? html`<vscode-icon name="check"></vscode-icon>` : nothing}</span>`
              }
              <span>${item.label}</span>
              ${item.description ? html`<span class="description">${item.description}</span>` : nothing}
            </button>
          `,
        )}
      </div>
    `;
  }

  private toggle(): void {
    const place = this.button.getBoundingClientRect();
    this.popup.togglePopover();
    const width = this.popup.offsetWidth;
    const height = this.popup.offsetHeight;
    const below = place.bottom + 2;
    // Above where there is no room below, or as low as it can be.
    const above = place.top - 2 - height;
    const top = below + height <= innerHeight - 4 ? below : above >= 4 ? above : innerHeight - 4 - height;
    this.popup.style.setProperty('top', `${Math.max(4, top)}px`);
    this.popup.style.setProperty('left', `${Math.max(4, Math.min(place.left, innerWidth - width - 4))}px`);
  }

  private onToggle(event: ToggleEvent): void {
    if (event.newState !== 'open') return;
    this.focusItem(0);
    this.dispatchEvent(new CustomEvent('open'));
  }

  private choose(item: MenuItem): void {
    if (item.checked === undefined) this.close();
    item.run();
  }

  close(): void {
    this.popup.hidePopover();
    this.button.focus();
  }

  private onKey(event: KeyboardEvent): void {
    const items = [...this.popup.querySelectorAll<HTMLElement>('.item')];
    const current = items.indexOf(this.renderRoot.querySelector<HTMLElement>('.item:focus') ?? this.popup);
    if (event.key === 'ArrowDown') this.focusItem((current + 1) % items.length);
    else if (event.key === 'ArrowUp') this.focusItem((current - 1 + items.length) % items.length);
    else if (event.key === 'Home') this.focusItem(0);
    else if (event.key === 'End') this.focusItem(items.length - 1);
    else if (event.key === 'Escape' || event.key === 'Tab') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private focusItem(index: number): void {
    this.popup.querySelectorAll<HTMLElement>('.item')[index]?.focus();
  }
}
