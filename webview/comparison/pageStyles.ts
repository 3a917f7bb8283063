import { css } from 'lit';

export const comparisonStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100vh;
    overflow: hidden auto;
  }
  header,
  .headline,
  .warnings,
  .measuring,
  .overview,
  .conditions,
  caliper-candidates,
  caliper-sensitive {
    flex: none;
  }
  .measuring {
    align-items: center;
    display: flex;
    flex-wrap: wrap;
    gap: 6px 10px;
    padding: 0 16px 12px;
  }
  .measuring caliper-progress {
    flex: 1;
  }
  .waiting {
    padding: 24px;
    text-align: center;
  }
  .failed {
    padding: 24px 16px;
  }
  header {
    align-items: center;
    display: flex;
    flex-wrap: wrap;
    gap: 4px 10px;
    padding: 10px 12px 4px 16px;
  }
  .recipe {
    background: var(--vscode-badge-background);
    border-radius: 3px;
    color: var(--vscode-badge-foreground);
    font-size: var(--small);
    padding: 0 6px;
    white-space: nowrap;
  }
  header .tool {
    margin-inline-start: auto;
  }
  .headline {
    padding: 2px 16px 12px;
  }
  h1 {
    font-size: 20px;
    font-weight: 600;
    letter-spacing: -0.01em;
    line-height: 28px;
    text-wrap: balance;
  }
  .warnings {
    display: flex;
    flex-direction: column;
    gap: 6px;
    padding: 0 16px 12px;
  }
  .sensitive {
    border-top: 1px solid var(--faint-line);
    padding: 10px 16px;
  }
  .overview {
    border-top: 1px solid var(--faint-line);
    display: grid;
    gap: 8px 40px;
    grid-template-columns: minmax(360px, 5fr) minmax(300px, 6fr);
    padding: 10px 16px;
  }
  .old {
    opacity: 0.5;
  }
  .conditions {
    padding: 0 16px 10px;
  }
  main {
    border-top: 1px solid var(--line);
    display: flex;
    flex: 1 0 360px;
    flex-direction: column;
    min-height: 360px;
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
  .besides {
    border-collapse: collapse;
    margin-bottom: 8px;
    width: 100%;
  }
  .besides caption {
    font-weight: 600;
    padding-bottom: 4px;
    text-align: start;
  }
  .besides th,
  .besides td {
    border-top: 1px solid var(--faint-line);
    font-weight: inherit;
    overflow-wrap: anywhere;
    padding: 3px 10px 3px 0;
    text-align: start;
    vertical-align: top;
  }
  .besides th {
    color: var(--muted);
    white-space: nowrap;
  }
  .table {
    border-top: 1px solid var(--faint-line);
    display: flex;
    flex: 1 1 0;
    min-height: 0;
  }
  caliper-grid {
    flex: 1 1 0;
    min-width: 0;
  }
  caliper-difference {
    background: var(--panel);
    flex: none;
    width: min(var(--details-width), 60%);
  }
  @media (max-width: 760px) {
    .overview {
      grid-template-columns: 1fr;
    }
    .table {
      flex-direction: column;
    }
    caliper-splitter {
      display: none;
    }
    caliper-difference {
      border-top: 1px solid var(--line);
      height: 45%;
      width: auto;
    }
  }
`;
