import { css } from 'lit';

export const detailsStyles = css`
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
      .facts {
        display: grid;
        gap: 1px 12px;
        grid-template-columns: minmax(90px, max-content) 1fr;
      }
      dd {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .facts .link {
        display: inline-block;
        max-width: 100%;
        vertical-align: bottom;
      }
      .value {
        max-height: 7em;
        overflow: auto;
      }
      .tensor {
        border-top: 1px solid var(--faint-line);
        padding: 4px 0 5px;
      }
      .tensor > div {
        display: flex;
        flex-wrap: wrap;
        gap: 0 10px;
        min-width: 0;
      }
      .tensor .mono:first-child {
        max-width: 100%;
      }
      .links {
        display: flex;
        flex-wrap: wrap;
        gap: 0 10px;
      }
      .links .link {
        max-width: 100%;
      }
      caliper-weight + caliper-weight,
      caliper-weight {
        border-top: 1px solid var(--faint-line);
      }
    `;
