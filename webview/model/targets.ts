import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatBytes } from '../../src/protocol/numbers';
import type { Deployment, OpenedModel } from '../../src/protocol/page';
import type { RuleReport } from '../../src/protocol/reports';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import type { TargetChange, TargetLayer, TargetReport } from '../../src/protocol/targets';
import {
  fitCells,
  placementSentence,
  serverRows,
  serverSentence,
  shareSentence,
} from '../../src/protocol/targetWords';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import { PLACES } from '../graph/placements';
import type { HostError } from '../host';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

const ICONS = { pass: 'pass', fail: 'error', unknown: 'question' } as const;
/** Layers that are listed with their reasons: the colours show the others. */
const LISTED = 60;

/**
 * Where the model's layers run on a deployment target, why others do not, what to change, whether it fits a device, and what
 * a server would change. Events: `target` (its id), `device` (its id, or null), `choose` (id of a row).
 */
@customElement('caliper-targets')
export class Targets extends LitElement {
  @property({ attribute: false }) targets: OpenedModel['targets'] = [];
  /** Id of the chosen one. */
  @property() chosen = '';
  /** Id of the profile of the device that the model is for. */
  @property() device: string | null = null;
  @property({ attribute: false }) report: TargetReport | null = null;
  @property({ attribute: false }) deployment: Deployment | null = null;
  @property({ attribute: false }) error: HostError | null = null;
  @property({ attribute: false }) names: ShortNames = shortNames([]);

  static override readonly styles = [
    base,
    css`
      :host {
        container-type: inline-size;
        display: flex;
        flex-direction: column;
        gap: 6px;
        min-height: 0;
      }
      .head {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 4px 12px;
      }
      .head p {
        flex: 1;
        min-width: 240px;
      }
      .parts {
        display: grid;
        flex: 1;
        gap: 4px 20px;
        grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
        min-height: 0;
        overflow: auto;
      }
      .meter {
        background: var(--faint-line);
        border-radius: 2px;
        display: flex;
        flex: 1;
        height: 7px;
        overflow: hidden;
      }
      .meter i {
        background: var(--color);
        flex: var(--part) 0 0;
      }
      h3 {
        color: var(--muted);
        margin: 6px 0 2px;
      }
      li {
        display: flex;
        font-size: var(--small);
        gap: 6px;
        margin-bottom: 2px;
      }
      li > button {
        flex: none;
        max-width: 40%;
        overflow-wrap: anywhere;
        text-align: start;
      }
      li .why {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .head span {
        display: inline-flex;
        gap: 5px;
      }
      i.dot {
        background: var(--color);
        border-radius: 50%;
        flex: none;
        height: 8px;
        margin-top: 5px;
        width: 8px;
      }
      table {
        border-collapse: collapse;
        font-size: var(--small);
      }
      th,
      td {
        font-weight: normal;
        padding: 1px 12px 1px 0;
        text-align: start;
        vertical-align: top;
      }
      th {
        color: var(--muted);
      }
      .small {
        font-size: var(--small);
      }
      .own,
      .own button {
        font-weight: 600;
      }
      .over {
        color: var(--vscode-editorError-foreground);
      }
      .pass {
        --vscode-icon-foreground: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
      }
      .fail {
        --vscode-icon-foreground: var(--vscode-editorError-foreground);
      }
      .unknown {
        --vscode-icon-foreground: var(--vscode-editorWarning-foreground);
      }
      @container (max-width: 760px) {
        .parts {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  override render() {
    const { report, error } = this;
    if (this.targets.length === 0) {
      return html`<p class="muted">No deployment target takes files of this format.</p>`;
    }
    return html`
      <div class="head">
        <select aria-label="Deployment target" @change=${(event: Event) => this.emit('target', (event.target as HTMLSelectElement).value)}>
          ${this.targets.map(({ id, name }) => html`<option value=${id} ?selected=${id === this.chosen}>${name}</option>`)}
        </select>
        ${
          error !== null
            ? html`<p class="mark" role="alert">${error.message}</p>`
            : html`<p role="status">${report === null ? 'Looking at the layers…' : placementSentence(report)}</p>`
        }
      </div>
      ${report === null ? nothing : this.renderReport(report)}
    `;
  }

  private renderReport(report: TargetReport) {
    const { caution, rules, layers, changes = [], sources, memory } = report;
    return html`
      ${this.meter(report)}
      <div class="parts" tabindex="0" role="group" aria-label=${`What ${report.targetName} says`}>
        <div>
          ${caution === undefined ? nothing : html`<p class="small">${caution}</p>`}
          ${changes.length === 0 ? nothing : html`<h3>What to change</h3><ul>${changes.map((one) => this.change(one))}</ul>`}
          ${rules.length === 0 ? nothing : html`<h3>Of the whole model</h3><ul aria-label="Rules">${rules.map(renderRule)}</ul>`}
          ${layers === null ? nothing : this.reasons(layers)}
        </div>
        <div>
          ${
            memory === undefined
              ? nothing
              : html`<h3>RAM for its arena</h3>
                  <p class="small">${formatBytes(memory.bytes)}: ${formatBytes(memory.activations)} of activations and ${formatBytes(memory.persistent)} that it keeps</p>`
          }
          ${this.deployment === null ? nothing : this.renderDeployment(this.deployment)}
          <h3>From</h3>
          <ul>
            ${sources.map(({ title, version, looked, url }) => html`<li title=${url}><span class="why">${title} <span class="muted">${version}; looked at on ${looked}</span></span></li>`)}
          </ul>
        </div>
      </div>
    `;
  }

  /** What part of the MACs runs there. */
  private meter(report: TargetReport) {
    const { summary, layers } = report;
    if (summary === undefined || layers === null) return nothing;
    const macs = (where: TargetLayer['where']) =>
      layers.reduce((sum, layer) => sum + (layer.where === where ? layer.knownMacs : 0), 0);
    return html`<div class="head small">
      <div class="meter" role="img" aria-label=${shareSentence(report)}>
        ${PLACES.map(({ where, color }) => html`<i ${styled({ '--color': color, '--part': String(macs(where)) })}></i>`)}
      </div>
      <span>${shareSentence(report)}</span>
      ${PLACES.map(
        ({ where, name, color }) =>
          html`<span><i class="dot" ${styled({ '--color': color })}></i> ${layers.filter((layer) => layer.where === where).length} ${name}</span>`,
      )}
    </div>`;
  }

  private change({ fix, layers, ops, first }: TargetChange) {
    return html`<li>
      <span class="why">${fix}</span>
      <button class="link" title=${ops.join(', ')} @click=${() => this.emit('choose', first)}>${layers} ${layers === 1 ? 'layer' : 'layers'}</button>
    </li>`;
  }

  private reasons(layers: readonly TargetLayer[]) {
    const others = layers.filter(({ where }) => where === 'falls back' || where === 'unknown');
    if (others.length === 0) return nothing;
    return html`<h3>Layers elsewhere, or not known</h3>
      <ul aria-label="Layers elsewhere">
        ${others.slice(0, LISTED).map(
          ({ id, name, op, where, reason }) => html`<li>
            <i class="dot" ${styled({ '--color': PLACES.find((place) => place.where === where)?.color ?? null })}></i>
            <button class="link" title=${name} @click=${() => this.emit('choose', id)}>${this.names.short(name)}</button>
            <span class="why"><span class="visually-hidden">${where}: </span><span class="muted">${op}</span> ${reason}</span>
          </li>`,
        )}
        ${others.length > LISTED ? html`<li class="muted">and ${(others.length - LISTED).toLocaleString('en-US')} more</li>` : nothing}
      </ul>`;
  }

  private renderDeployment({ devices, server }: Deployment) {
    return html`<h3>Does it fit?</h3>
    <table aria-label="Devices">
      <tr><th scope="col">device</th><th scope="col">flash</th><th scope="col">RAM</th></tr>
      ${devices.map((fit) => {
        const [id, flash, ram, of] = fitCells(fit);
        return html`<tr class=${fit.device === this.device ? 'own' : ''} title=${`${fit.name}; RAM for ${of}`}>
          <td>
            <button
              class="link"
              aria-pressed=${String(fit.device === this.device)}
              title=${fit.device === this.device ? `Say no more of the ${fit.name}` : `Say in What next where the ${fit.name} is too small`}
              @click=${() => this.emit('device', fit.device === this.device ? null : fit.device)}
            >${id}</button>
          </td>
          <td class=${(fit.flash.left ?? 0) < 0 ? 'over' : ''}>${flash}</td>
          <td class=${(fit.ram.left ?? 0) < 0 ? 'over' : ''}>${ram}</td>
        </tr>`;
      })}
    </table>
    <h3>On the device or on a server?</h3>
    <table aria-label="Device or server">
      <tr><td></td><th scope="col">on the device</th><th scope="col">on a server</th></tr>
      ${serverRows(server).map(([what, here, there]) => html`<tr><th scope="row">${what}</th><td>${here}</td><td>${there}</td></tr>`)}
    </table>
    <p class="small muted">${serverSentence(server)}</p>`;
  }

  private emit(type: 'target' | 'device' | 'choose', detail: string | null): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function renderRule({ title, status, reason, fix }: RuleReport) {
  return html`<li class=${status}>
    <vscode-icon name=${ICONS[status]} aria-hidden="true"></vscode-icon>
    <span class="why"><span class="visually-hidden">${status}: </span>${title}. <span class="muted">${reason}</span>${fix === undefined ? nothing : html` ${fix}`}</span>
  </li>`;
}
