import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';

/** Pixels that an arrow key moves the edge. */
const STEP = 24;

/** The edge between two areas; dragging or arrow keys give `resize` events with the pixels that it moved. */
@customElement('caliper-splitter')
export class Splitter extends LitElement {
  @property({ reflect: true }) orientation: 'vertical' | 'horizontal' = 'vertical';
  @property() label = '';
  private last = 0;

  static override readonly styles = css`
    :host {
      display: block;
      flex: none;
      position: relative;
      z-index: 3;
    }
    :host([orientation='vertical']) {
      width: 1px;
      background: var(--line);
    }
    :host([orientation='horizontal']) {
      height: 1px;
      background: var(--line);
    }
    div {
      inset: -3px;
      position: absolute;
      touch-action: none;
    }
    :host([orientation='vertical']) div {
      cursor: col-resize;
    }
    :host([orientation='horizontal']) div {
      cursor: row-resize;
    }
    div:hover,
    div:focus-visible,
    div:active {
      background: var(--vscode-sash-hoverBorder, var(--vscode-focusBorder));
      outline: none;
    }
  `;

  override render() {
    return html`<div
      role="separator"
      tabindex="0"
      aria-orientation=${this.orientation}
      aria-label=${this.label}
      @pointerdown=${this.start}
      @pointermove=${this.drag}
      @keydown=${this.onKey}
    ></div>`;
  }

  private start(event: PointerEvent): void {
    (event.target as HTMLElement).setPointerCapture(event.pointerId);
    this.last = this.position(event);
  }

  private drag(event: PointerEvent): void {
    if (!(event.target as HTMLElement).hasPointerCapture(event.pointerId)) return;
    const position = this.position(event);
    this.move(position - this.last);
    this.last = position;
  }

  private position(event: PointerEvent): number {
    return this.orientation === 'vertical' ? event.clientX : event.clientY;
  }

  private onKey(event: KeyboardEvent): void {
    const [less, more] =
      this.orientation === 'vertical' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    if (event.key === less) this.move(-STEP);
    else if (event.key === more) this.move(STEP);
    else return;
    event.preventDefault();
  }

  private move(pixels: number): void {
    if (pixels !== 0) this.dispatchEvent(new CustomEvent<number>('resize', { detail: pixels }));
  }
}
