import { css } from 'lit';

export const viewStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  .bar {
    align-items: center;
    display: flex;
    flex: none;
    flex-wrap: wrap;
    gap: 2px 8px;
    padding: 4px 12px 4px 16px;
  }
  .room {
    flex: 1;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 10px;
  }
  .legend i {
    background: var(--color);
    border-radius: 2px;
    display: inline-block;
    height: 9px;
    margin-inline-end: 4px;
    width: 9px;
  }
  .stage {
    border-top: 1px solid var(--faint-line);
    flex: 1;
    min-height: 0;
    overflow: hidden;
    position: relative;
  }
  canvas {
    cursor: default;
    height: 100%;
    inset: 0;
    outline: none;
    position: absolute;
    touch-action: none;
    width: 100%;
  }
  canvas:focus-visible {
    outline: 1px solid var(--focus);
    outline-offset: -1px;
  }
  .waiting {
    inset: 24px 0 auto;
    position: absolute;
    text-align: center;
  }
  .tip {
    background: var(--vscode-editorHoverWidget-background, var(--panel));
    border: 1px solid var(--vscode-editorHoverWidget-border, var(--line));
    border-radius: 3px;
    font-size: var(--small);
    max-width: 320px;
    overflow-wrap: anywhere;
    padding: 3px 8px;
    pointer-events: none;
    position: absolute;
    z-index: 2;
  }
  .tip .first {
    font-weight: 600;
  }
`;
