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
  .overview,
  .conditions {
    flex: none;
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
    gap: 10px;
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
  caliper-menu {
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
  .overview {
    border-top: 1px solid var(--faint-line);
    display: grid;
    gap: 8px 40px;
    grid-template-columns: minmax(360px, 5fr) minmax(300px, 6fr);
    padding: 10px 16px;
  }
  .conditions {
    padding: 0 16px 10px;
  }
  main {
    border-top: 1px solid var(--line);
    display: flex;
    flex: 1 0 320px;
    flex-direction: column;
    min-height: 320px;
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
  }
  @media (max-width: 760px) {
    .overview {
      grid-template-columns: 1fr;
    }
  }
`;
