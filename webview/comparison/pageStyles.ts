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
  header .tool ~ .tool {
    margin-inline-start: 0;
  }
  .headline {
    padding: 2px 16px 12px;
  }
  h1 {
    font-size: 18px;
    font-weight: 600;
    letter-spacing: -0.01em;
    line-height: 25px;
    overflow-wrap: anywhere;
  }
  .verdict {
    color: var(--vscode-editorWarning-foreground);
  }
  .warnings details > :not(summary) {
    margin-top: 6px;
  }
  summary {
    cursor: pointer;
    width: fit-content;
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
    gap: 8px 32px;
    grid-template-columns: minmax(0, 1fr);
    padding: 8px 16px;
  }
  .overview.two {
    grid-template-columns: minmax(0, 9fr) minmax(280px, 4fr);
  }
  /* A third of the page, so that the layers have the rest. */
  @media (min-width: 1000px) {
    .overview {
      max-height: max(150px, 33vh);
      overflow: auto;
    }
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
    min-height: 360px;
    min-width: 0;
  }
  caliper-compared-layers {
    flex: 1 1 0;
    min-height: 0;
    min-width: 0;
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
  caliper-difference {
    background: var(--panel);
    flex: none;
    width: min(var(--details-width), 60%);
  }
  @media (max-width: 760px) {
    .overview,
    .overview.two {
      grid-template-columns: minmax(0, 1fr);
    }
    main {
      flex-basis: 480px;
      flex-direction: column;
      min-height: 480px;
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
