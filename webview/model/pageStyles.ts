import { css } from 'lit';

export const pageStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100vh;
    overflow: hidden auto;
  }
  .waiting {
    padding: 24px;
    text-align: center;
  }
  header {
    align-items: center;
    display: flex;
    flex: none;
    flex-wrap: wrap;
    gap: 4px 10px;
    padding: 10px 12px 10px 16px;
  }
  h1 {
    font-size: 15px;
    font-weight: 600;
    min-width: 0;
  }
  .format {
    background: var(--vscode-badge-background);
    border-radius: 3px;
    color: var(--vscode-badge-foreground);
    font-size: var(--small);
    padding: 0 6px;
  }
  .actions {
    align-items: center;
    display: flex;
    flex-wrap: wrap;
    gap: 4px 8px;
    margin-inline-start: auto;
  }
  .split {
    align-items: center;
    display: inline-flex;
    gap: 2px;
  }
  .notices {
    display: flex;
    flex: none;
    flex-direction: column;
    gap: 6px;
    max-height: 45vh;
    overflow: auto;
    padding: 0 16px;
  }
  .notices > * {
    flex: none;
    margin-bottom: 0;
  }
  .notices > :last-child {
    margin-bottom: 10px;
  }
  .more {
    align-self: flex-start;
  }
  .failed {
    padding: 24px 16px;
  }
  .notices .failed {
    padding: 0;
  }
  .figures {
    border-collapse: collapse;
    margin-top: 4px;
  }
  .figures th {
    color: var(--muted);
    font-weight: inherit;
    padding: 0 16px 0 0;
    text-align: start;
  }
  .figures td {
    text-align: end;
  }
  caliper-summary,
  caliper-model-advice,
  caliper-signature {
    flex: none;
  }
  /* Not at once: what is read again mostly is there within a moment. */
  .old {
    opacity: 0.5;
    transition: opacity 0.1s 0.3s;
  }
  main {
    border-top: 1px solid var(--line);
    display: flex;
    flex: 1 0 360px;
    min-height: 360px;
  }
  .column {
    display: flex;
    flex: 1;
    flex-direction: column;
    min-width: 0;
  }
  .views {
    border-bottom: 1px solid var(--faint-line);
    display: flex;
    flex: none;
    gap: 2px;
    padding: 4px 12px 0;
  }
  .views button {
    background: none;
    border: 0;
    border-bottom: 2px solid transparent;
    color: var(--muted);
    cursor: pointer;
    font: inherit;
    padding: 2px 6px 3px;
  }
  .views button:hover {
    color: var(--vscode-foreground);
  }
  .views button[aria-selected='true'] {
    border-bottom-color: var(--focus);
    color: var(--vscode-foreground);
  }
  caliper-chart,
  caliper-memory,
  caliper-targets,
  caliper-roofline {
    flex: 0 1 auto;
    max-height: 60%;
    padding: 8px 16px 10px;
  }
  caliper-layers {
    flex: 1 0 150px;
    min-height: 0;
  }
  caliper-details {
    flex: none;
    max-width: 60%;
    width: var(--details-width);
  }
  .below {
    display: none;
  }
  @media (max-width: 900px) {
    main {
      flex-direction: column;
      flex-basis: 480px;
      min-height: 480px;
    }
    main:has(caliper-details) {
      min-height: 760px;
    }
    .column {
      min-height: 0;
    }
    caliper-details {
      height: var(--details-height);
      max-height: 60%;
      max-width: none;
      width: auto;
    }
    .beside {
      display: none;
    }
    .below {
      display: block;
    }
  }
`;
