import { css } from 'lit';

export const quantizeStyles = css`
  .recipe {
    align-items: baseline;
    border-radius: 4px;
    cursor: pointer;
    display: flex;
    gap: 8px;
    margin: 0 -6px;
    padding: 3px 6px;
  }
  .recipe:hover {
    background: var(--hover);
  }
  .recipe input {
    position: relative;
    top: 2px;
  }
  .recipe .help {
    display: block;
  }
  .fits {
    background: var(--vscode-badge-background);
    border-radius: 3px;
    color: var(--vscode-badge-foreground);
    font-size: var(--small);
    margin-inline-start: 6px;
    padding: 0 6px;
  }
  .presets {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 14px;
    padding-bottom: 8px;
  }
  .labels {
    align-items: center;
    display: flex;
    flex-wrap: wrap;
    gap: 2px 12px;
    margin-top: 4px;
  }
  .labels label {
    align-items: center;
    display: flex;
    gap: 6px;
  }
  .labels input {
    width: 56px;
  }
  .presets label,
  .inline {
    align-items: center;
    display: flex;
    gap: 6px;
  }
  summary {
    cursor: pointer;
  }
  details[open] summary {
    margin-bottom: 8px;
  }
  .keep {
    font-size: var(--small);
    margin: 8px 0;
  }
`;
