import { css } from 'lit';

/** What became of a layer, in the colours that the editor has for files. */
export const statusStyles = css`
  .status.added {
    color: var(--vscode-gitDecoration-addedResourceForeground);
  }
  .status.removed {
    color: var(--vscode-gitDecoration-deletedResourceForeground);
  }
  .status.changed {
    color: var(--vscode-gitDecoration-modifiedResourceForeground);
  }
  .status.unchanged,
  .status.folded {
    color: var(--muted);
  }
`;
