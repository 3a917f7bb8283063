import { css } from 'lit';

export const gridStyles = css`
  :host {
    display: block;
    min-height: 0;
  }
  .scroller {
    height: 100%;
    overflow: auto;
    outline: none;
  }
  .content {
    position: relative;
  }
  .header,
  .row {
    display: grid;
    grid-template-columns: var(--columns);
  }
  .header {
    background: var(--vscode-editor-background);
    border-bottom: 1px solid var(--line);
    height: 28px;
    position: sticky;
    top: 0;
    z-index: 2;
  }
  .head {
    color: var(--muted);
    display: flex;
    font-size: var(--small);
    min-width: 0;
    position: relative;
  }
  .head button,
  .head > span {
    align-items: center;
    background: none;
    border: 0;
    color: inherit;
    display: flex;
    font: inherit;
    font-weight: 600;
    gap: 4px;
    min-width: 0;
    padding: 0 8px;
    width: 100%;
  }
  .head button {
    cursor: pointer;
  }
  .head.numeric button {
    flex-direction: row-reverse;
    justify-content: flex-start;
  }
  .head button:hover,
  .head:not([aria-sort='none']) button {
    color: var(--vscode-foreground);
  }
  .order {
    border-inline: 3.5px solid transparent;
    flex: none;
    height: 0;
    width: 0;
  }
  .order.ascending {
    border-bottom: 5px solid currentcolor;
  }
  .order.descending {
    border-top: 5px solid currentcolor;
  }
  .order.none {
    display: none;
  }
  .handle {
    cursor: col-resize;
    inset: 0 -4px 0 auto;
    position: absolute;
    touch-action: none;
    width: 8px;
    z-index: 1;
  }
  /* Nothing is beyond the last one: the table would scroll by half a handle. */
  .head:last-child .handle {
    inset-inline-end: 0;
  }
  .handle::after {
    background: var(--line);
    content: '';
    inset: 7px 4px 7px auto;
    position: absolute;
    width: 1px;
  }
  .handle:hover::after,
  .handle:active::after {
    background: var(--focus);
    inset-block: 0;
  }
  .track {
    contain: strict;
    /* Not hidden: that would be what the first column sticks to. */
    overflow: clip;
  }
  .head:first-child,
  .cell:first-child {
    background: var(--vscode-editor-background);
    left: 0;
    position: sticky;
    z-index: 1;
  }
  .row:hover .cell:first-child {
    background: linear-gradient(var(--hover), var(--hover)), var(--vscode-editor-background);
  }
  .row.chosen .cell:first-child {
    background:
      linear-gradient(var(--vscode-list-inactiveSelectionBackground), var(--vscode-list-inactiveSelectionBackground)),
      var(--vscode-editor-background);
  }
  .scroller:focus .row.chosen .cell:first-child {
    background:
      linear-gradient(var(--vscode-list-activeSelectionBackground), var(--vscode-list-activeSelectionBackground)),
      var(--vscode-editor-background);
  }
  .module {
    font-weight: 600;
  }
  .window {
    will-change: transform;
  }
  .row {
    border-bottom: 1px solid var(--faint-line);
    cursor: default;
    height: 24px;
  }
  .row:hover {
    background: var(--hover);
  }
  .row.chosen {
    background: var(--vscode-list-inactiveSelectionBackground);
    color: var(--vscode-list-inactiveSelectionForeground, inherit);
  }
  .scroller:focus .row.chosen {
    background: var(--vscode-list-activeSelectionBackground);
    color: var(--vscode-list-activeSelectionForeground);
  }
  .scroller:focus .row.chosen .status,
  .scroller:focus .row.chosen .muted {
    color: inherit;
    opacity: 0.75;
  }
  .scroller:focus .row.active,
  .row.chosen {
    --edge: var(--vscode-contrastActiveBorder, transparent);
    outline: 1px solid var(--edge);
    outline-offset: -1px;
  }
  .scroller:focus .row.active {
    --edge: var(--vscode-list-focusOutline, var(--focus));
  }
  /* It lies over the row, and so over its outline. */
  .row .cell:first-child {
    box-shadow:
      inset 1px 1px var(--edge, transparent),
      0 1px var(--edge, transparent);
  }
  .cell {
    align-items: center;
    display: flex;
    min-width: 0;
    overflow: hidden;
    padding: 0 8px;
    position: relative;
  }
  .cell:first-child {
    position: sticky;
    padding-inline-start: calc(20px + var(--indent, 0) * 14px);
  }
  .cell.numeric {
    justify-content: flex-end;
  }
  .cell > :not(.bar, .twist) {
    position: relative;
  }
  .bar {
    background: var(--color);
    border-radius: 1px;
    height: 3px;
    inset: auto 8px 1px 8px;
    position: absolute;
    transform: scaleX(var(--fraction));
    transform-origin: right;
  }
  .cell button.small {
    font-size: var(--small);
  }
  .zero {
    opacity: 0.45;
  }
  .pair {
    display: grid;
    gap: 5px;
    grid-template-columns: 1fr auto 1fr;
    text-align: end;
    width: 100%;
  }
  .twist {
    cursor: pointer;
    height: 24px;
    margin-inline-start: -20px;
    position: relative;
    width: 20px;
    flex: none;
  }
  .twist::before {
    border: solid currentcolor;
    border-width: 0 1.5px 1.5px 0;
    content: '';
    height: 6px;
    left: 6px;
    position: absolute;
    top: 8.5px;
    transform: rotate(-45deg);
    width: 6px;
  }
  .twist.open::before {
    transform: rotate(45deg);
  }
  .empty {
    left: 0;
    padding: 24px;
    position: sticky;
    text-align: center;
  }
`;
