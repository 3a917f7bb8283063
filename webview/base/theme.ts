import { css } from 'lit';

/** What all components share: type, colours of the editor's theme, small controls in its look. */
export const base = css`
  :host {
    --muted: var(--vscode-descriptionForeground);
    /* The themes' own orange is that of search marks, which some have nearly invisible. */
    --orange: color-mix(in srgb, var(--vscode-charts-red) 45%, var(--vscode-charts-yellow));
    --line: var(--vscode-contrastBorder, var(--vscode-editorGroup-border, color-mix(in srgb, var(--vscode-foreground) 16%, transparent)));
    --faint-line: color-mix(in srgb, var(--vscode-foreground) 9%, transparent);
    --panel: var(--vscode-editorWidget-background, var(--vscode-editor-background));
    --hover: var(--vscode-list-hoverBackground);
    --focus: var(--vscode-focusBorder);
    --mono: var(--vscode-editor-font-family, monospace);
    --small: 11px;
    color: var(--vscode-foreground);
    font-family: var(--vscode-font-family);
    font-size: var(--vscode-font-size, 13px);
    font-variant-numeric: tabular-nums;
    line-height: 1.4;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p,
  dl,
  dd,
  ul {
    margin: 0;
    padding: 0;
    font-weight: inherit;
    font-size: inherit;
    list-style: none;
  }
  .muted {
    color: var(--muted);
  }
  .small {
    font-size: var(--small);
  }
  .mono {
    font-family: var(--mono);
    font-size: 12px;
  }
  .ellipsis {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  /* What a figure must be read with. */
  .mark {
    color: var(--vscode-editorWarning-foreground);
    overflow-wrap: anywhere;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .assumed {
    border: 1px solid var(--vscode-editorWarning-foreground);
    border-radius: 3px;
    color: var(--vscode-editorWarning-foreground);
    font-size: 10px;
    line-height: 14px;
    padding: 0 4px;
    white-space: nowrap;
  }
  button.link,
  a.link {
    background: none;
    border: 0;
    color: var(--vscode-textLink-foreground);
    cursor: pointer;
    font: inherit;
    padding: 0;
    text-align: start;
  }
  button.link:hover {
    color: var(--vscode-textLink-activeForeground);
    text-decoration: underline;
  }
  button.tool {
    align-items: center;
    background: none;
    border: 1px solid transparent;
    border-radius: 4px;
    color: var(--vscode-icon-foreground, var(--vscode-foreground));
    cursor: pointer;
    display: inline-flex;
    font: inherit;
    gap: 4px;
    height: 24px;
    padding: 0 4px;
    white-space: nowrap;
  }
  button.tool:hover {
    background: var(--vscode-toolbar-hoverBackground);
  }
  button.tool:disabled {
    cursor: default;
    opacity: 0.45;
  }
  :focus-visible {
    outline: 1px solid var(--focus);
    outline-offset: -1px;
  }
  input[type='text'],
  input[type='search'],
  input[type='number'],
  select {
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--vscode-settings-textInputBorder, var(--line)));
    border-radius: 4px;
    color: var(--vscode-input-foreground);
    font: inherit;
    font-variant-numeric: tabular-nums;
    height: 24px;
    min-width: 0;
    padding: 0 6px;
  }
  select {
    background: var(--vscode-dropdown-background);
    border-color: var(--vscode-dropdown-border, var(--line));
    color: var(--vscode-dropdown-foreground);
    padding: 0 4px;
  }
  input::placeholder {
    color: var(--vscode-input-placeholderForeground);
  }
  input:invalid {
    border-color: var(--vscode-inputValidation-errorBorder);
  }
  input[type='checkbox'],
  input[type='radio'] {
    accent-color: var(--vscode-button-background);
    margin: 0;
  }
`;

/** Colours of things side by side, such as operators and element types. */
export const SERIES: readonly string[] = [
  'var(--vscode-charts-blue)',
  'var(--vscode-charts-green)',
  'var(--orange)',
  'var(--vscode-charts-purple)',
  'var(--vscode-charts-yellow)',
  'var(--vscode-charts-red)',
];
