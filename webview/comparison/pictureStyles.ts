import { css } from 'lit';

/** Frame, texts and ticks of a picture of accuracy against latency. */
export const pictureStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  svg {
    display: block;
    font-size: 11px;
  }
  text {
    fill: var(--vscode-foreground);
  }
  .tick text,
  .axis {
    fill: var(--muted);
  }
  .tick line {
    stroke: var(--faint-line);
  }
`;
