import { css } from 'lit';

export const boardStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100vh;
    overflow: hidden auto;
  }
  header,
  .notices,
  .overview,
  .conditions {
    flex: none;
  }
  .waiting,
  .empty {
    margin: 0 auto;
    max-width: 520px;
    padding: 40px 24px;
    text-align: center;
  }
  .empty vscode-button {
    margin-top: 12px;
  }
  header {
    align-items: center;
    display: flex;
    flex-wrap: wrap;
    gap: 4px 10px;
    padding: 10px 12px 8px 16px;
  }
  h1 {
    font-size: 18px;
    font-weight: 600;
  }
  header .room {
    flex: 1;
  }
  .notices {
    display: flex;
    flex-direction: column;
    gap: 6px;
    padding: 0 16px 10px;
  }
  .notices:empty {
    display: none;
  }
  .overview {
    border-top: 1px solid var(--faint-line);
    display: grid;
    gap: 8px 24px;
    grid-template-columns: minmax(0, 1fr);
    padding: 8px 16px;
  }
  .overview.two {
    grid-template-columns: minmax(300px, 5fr) minmax(0, 7fr);
  }
  .scroll {
    overflow: auto;
  }
  table.figures {
    border-collapse: separate;
    border-spacing: 0;
    min-width: 100%;
  }
  .figures th,
  .figures td {
    border-bottom: 1px solid var(--faint-line);
    font-weight: inherit;
    min-width: 104px;
    padding: 3px 8px;
    text-align: end;
    vertical-align: top;
    white-space: nowrap;
  }
  .figures th:first-child {
    background: var(--vscode-editor-background);
    color: var(--muted);
    left: 0;
    padding-inline-start: 0;
    position: sticky;
    text-align: start;
    z-index: 1;
  }
  .figures thead th {
    max-width: 220px;
    vertical-align: bottom;
  }
  .model {
    align-items: flex-end;
    display: flex;
    flex-direction: column;
    gap: 2px;
  }
  .model .link {
    -webkit-box-orient: vertical;
    display: -webkit-box;
    font-weight: 600;
    -webkit-line-clamp: 3;
    line-height: 16px;
    overflow: hidden;
    overflow-wrap: anywhere;
    text-align: end;
    white-space: normal;
  }
  .model .tools {
    display: flex;
  }
  .model .tool {
    height: 20px;
    padding: 0 2px;
  }
  .became {
    color: var(--vscode-editorWarning-foreground);
    font-size: var(--small);
  }
  td.old,
  .old {
    opacity: 0.5;
  }
  .delta {
    color: var(--muted);
    display: block;
    font-size: var(--small);
    line-height: 14px;
    padding-bottom: 3px;
    position: relative;
  }
  .delta i {
    background: var(--muted);
    border-radius: 1px;
    bottom: 0;
    height: 3px;
    inset-inline: 0;
    position: absolute;
    transform: scaleX(var(--fraction));
    transform-origin: right;
  }
  .delta i.better {
    background: var(--vscode-charts-green);
  }
  .delta i.worse {
    background: var(--vscode-charts-red);
  }
  .conditions {
    padding: 0 16px 8px;
  }
  main {
    border-top: 1px solid var(--line);
    display: flex;
    flex: 1 0 320px;
    flex-direction: column;
    min-height: 320px;
    min-width: 0;
  }
  .bar {
    align-items: center;
    display: flex;
    flex-wrap: wrap;
    gap: 4px 8px;
    padding: 6px 16px;
  }
  .bar input {
    flex: 0 1 220px;
  }
  caliper-grid {
    border-top: 1px solid var(--faint-line);
    flex: 1 1 0;
    min-width: 0;
  }
  @media (max-width: 900px) {
    .overview.two {
      grid-template-columns: minmax(0, 1fr);
    }
    main {
      flex-basis: 480px;
      min-height: 480px;
    }
  }
`;
