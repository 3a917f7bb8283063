import { css } from 'lit';

/** A panel beside the table: a heading with buttons, and sections that scroll below it. */
export const panelStyles = css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        min-width: 0;
      }
      header {
        align-items: flex-start;
        border-bottom: 1px solid var(--line);
        display: flex;
        gap: 4px;
        padding: 6px 6px 7px 12px;
      }
      header > div {
        flex: 1;
        min-width: 0;
      }
      h2 {
        font-weight: 600;
        overflow-wrap: anywhere;
        max-height: 5.6em;
        overflow: auto;
      }
      .body {
        flex: 1;
        min-height: 0;
        overflow: auto;
        padding: 4px 12px 16px;
      }
      section {
        padding: 8px 0 4px;
      }
      h3 {
        color: var(--muted);
        font-size: var(--small);
        font-weight: 600;
        margin-bottom: 3px;
      }
    `;
