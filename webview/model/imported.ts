import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ImportedProfile, ImportedRow } from '../../src/protocol/imported';
import { formatInteger, formatMs } from '../../src/protocol/numbers';
import { base } from '../base/theme';

/** Rows without a layer that are listed; the others are counted. */
const LISTED = 100;

/** What was measured elsewhere: of each file the whole, and the rows that are no layer's. */
@customElement('caliper-imported')
export class Imported extends LitElement {
  @property({ attribute: false }) imported: readonly ImportedProfile[] = [];

  static override readonly styles = [
    base,
    css`
      section {
        border-bottom: 1px solid var(--faint-line);
        overflow-wrap: anywhere;
        padding: 6px 16px;
      }
      h3,
      p {
        display: inline;
        margin-inline-end: 8px;
      }
      li {
        display: flex;
        gap: 12px;
      }
      li span:first-child {
        flex: 1;
      }
      ul {
        max-height: 160px;
        overflow: auto;
      }
    `,
  ];

  override render() {
    return this.imported.map(
      (profile) => html`<section aria-label=${`Measured on ${profile.device.name}`}>
        <h3>${profile.device.name}</h3>
        <p>${wholeOf(profile)}</p>
        <p class="muted small">${conditionsOf(profile)}</p>
        ${profile.notes.map((note) => html`<div class="muted small">${note}</div>`)}
        ${profile.others.length === 0 ? nothing : othersOf(profile.others)}
      </section>`,
    );
  }
}

function wholeOf({ latencyMs }: ImportedProfile): string {
  if (latencyMs === null) return 'latency unknown';
  const { value, statistic, min, max } = latencyMs;
  const range = min === null || max === null ? '' : `, ${formatMs(min)} to ${formatMs(max)}`;
  return `${formatMs(value)} ${statistic}${range}`;
}

function conditionsOf({ tool, engine, threads, runs }: ImportedProfile): string {
  return [
    `measured by ${tool} with ${engine}`,
    runs === null ? 'runs unknown' : `${formatInteger(runs)} ${runs === 1 ? 'run' : 'runs'}`,
    threads === null
      ? 'threads unknown'
      : `${formatInteger(threads)} ${threads === 1 ? 'thread' : 'threads'}`,
  ].join(', ');
}

function othersOf(others: readonly ImportedRow[]) {
  const count = others.filter(({ kind }) => kind === 'unattributed').length;
  const rest = others.length - LISTED;
  return html`<details class="small">
    <summary>
      ${count === 0 ? '' : `${formatInteger(count)} not attributed to a layer, `}${formatInteger(others.length - count)} added by the engine
    </summary>
    <ul>
      ${others.slice(0, LISTED).map(
        ({ name, op, ms, kind }) => html`<li>
          <span>${name === '' ? op : name}</span>
          <span class="muted">${kind === 'engine' ? 'added by the engine' : 'not attributed'}</span>
          <span>${formatMs(ms)}</span>
        </li>`,
      )}
      ${rest > 0 ? html`<li class="muted">and ${formatInteger(rest)} more</li>` : nothing}
    </ul>
  </details>`;
}
