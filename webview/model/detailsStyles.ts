import { css } from 'lit';

export const detailsStyles = css`
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
