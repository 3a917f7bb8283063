import { css } from 'lit';

/** A dialog over the page, in the editor's look. */
export const dialogStyles = css`
  dialog {
    background: var(--vscode-editorWidget-background);
    border: 1px solid var(--vscode-editorWidget-border, var(--line));
    border-radius: 6px;
    box-shadow: 0 4px 24px var(--vscode-widget-shadow);
    color: var(--vscode-editorWidget-foreground, var(--vscode-foreground));
    max-height: calc(100vh - 32px);
    max-width: calc(100vw - 32px);
    overflow: auto;
    padding: 0;
    width: 620px;
  }
  dialog::backdrop {
    background: color-mix(in srgb, black 35%, transparent);
  }
  form {
    display: flex;
    flex-direction: column;
    gap: 14px;
    padding: 16px 20px;
  }
  h2 {
    font-size: 15px;
    font-weight: 600;
  }
  fieldset {
    border: 0;
    margin: 0;
    min-width: 0;
    padding: 0;
  }
  legend,
  .label {
    font-weight: 600;
    padding: 0 0 4px;
  }
  .field {
    display: grid;
    gap: 2px;
  }
  .path {
    display: flex;
    gap: 6px;
  }
  .path input {
    flex: 1;
    height: 26px;
  }
  .grid + .help {
    margin-top: 6px;
  }
  .grid {
    display: grid;
    gap: 8px 12px;
    grid-template-columns: repeat(auto-fill, minmax(120px, 1fr));
  }
  .grid label {
    display: grid;
    font-size: var(--small);
    gap: 2px;
  }
  .help {
    color: var(--muted);
    font-size: var(--small);
  }
  .buttons {
    background: var(--vscode-editorWidget-background);
    border-top: 1px solid var(--faint-line);
    bottom: 0;
    display: flex;
    gap: 8px;
    justify-content: flex-end;
    margin: 0 -20px -16px;
    padding: 12px 20px;
    position: sticky;
  }
`;
