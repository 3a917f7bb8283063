import { html, LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { type BoardModel, type BoardPage, boardComparisons } from '../../src/protocol/board';
import { latencyConditions } from '../../src/protocol/deviceNames';
import { alignedLayers } from '../../src/protocol/modelTables';
import { formatInteger } from '../../src/protocol/numbers';
import type { AccuracyMeasure } from '../../src/protocol/search';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { copyText } from '../base/copied';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import { AXES } from '../comparison/front';
import { type Sort, sorted } from '../grid/column';
import { type HostError, host, toHostError } from '../host';
import { type BoardCell, boardLines } from './figures';
import {
  type BoardRow,
  knownFigures,
  LAYER_FIGURES,
  type LayerFigure,
  layerColumns,
  tellingRows,
} from './layerColumns';
import { boardPicture } from './picture';
import { boardStyles } from './styles';
import '../base/notice';
import '../base/progress';
import '../comparison/front';
import '../grid/grid';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

interface SavedState {
  search: string;
  figure: LayerFigure | null;
  /** null: the best that there is. */
  measure: AccuracyMeasure | null;
  sort: Sort | null;
  widths: Record<string, number>;
  selected: string | null;
}

const INITIAL: SavedState = {
  search: '',
  figure: null,
  measure: null,
  sort: null,
  widths: {},
  selected: null,
};

/** The board of the workspace: models as columns, the trade-off picture on top, the layers of all below. */
@customElement('caliper-board-page')
export class BoardPageElement extends LitElement {
  @state() private saved: SavedState = { ...INITIAL, ...(host.state as Partial<SavedState> | undefined) };
  @state() private board: BoardPage | null = null;
  @state() private error: HostError | null = null;
  @state() private running: { message: string; fraction: number | null; cancelling: boolean } | null = null;
  @query('input') private readonly searchField!: HTMLInputElement | null;

  private rows: BoardRow[] = [];
  private names: ShortNames = shortNames([]);
  private stopListening: () => void = () => undefined;

  static override readonly styles = [base, boardStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.onKey);
    this.stopListening = host.onEvent((event) => {
      if (event.kind === 'changed') void this.ask(() => host.request('board'));
      if (event.kind === 'progress' && this.running !== null)
        this.running = { ...this.running, message: event.message, fraction: event.fraction };
    });
    void this.ask(() => host.request('board'));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopListening();
    window.removeEventListener('keydown', this.onKey);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== 'f' || this.searchField === null) return;
    event.preventDefault();
    this.searchField.focus();
  };

  /** Shows what the host answers. */
  private async ask(request: () => Promise<BoardPage | null>): Promise<void> {
    try {
      const board = await request();
      if (board !== null) this.show(board);
      this.error = null;
    } catch (error) {
      this.error = toHostError(error);
    }
  }

  private show(board: BoardPage): void {
    const comparisons = boardComparisons(board.models);
    this.rows =
      comparisons === null || board.models.length < 2 ? [] : tellingRows(alignedLayers(comparisons));
    this.names = shortNames(this.rows.map(({ name }) => name));
    this.board = board;
  }

  private async measure(latency: boolean): Promise<void> {
    this.running = { message: 'Starting', fraction: null, cancelling: false };
    await this.ask(() => host.request('measureBoard', { latency }));
    this.running = null;
  }

  private save(change: Partial<SavedState>): void {
    this.saved = { ...this.saved, ...change };
    host.state = this.saved;
  }

  override render() {
    const { board } = this;
    if (board === null) {
      return this.error === null
        ? html`<p class="waiting muted" role="status">Reading the board…</p>`
        : html`<div class="notices">${this.renderError()}</div>`;
    }
    const { models } = board;
    return html`
      <header>
        <h1>Board</h1>
        <span class="muted">${models.length === 1 ? '1 model' : `${formatInteger(models.length)} models`}</span>
        <span class="room"></span>
        ${models.length < 2 || host.alone ? nothing : this.renderMeasure(board)}
        ${host.alone ? nothing : html`<vscode-button secondary icon="add" @click=${() => void this.ask(() => host.request('pickForBoard'))}>Add Models…</vscode-button>`}
      </header>
      <div class="notices">
        ${this.renderError()} ${this.renderRunning()} ${this.renderOld(models)} ${this.renderUnmeasured(board)}
      </div>
      ${models.length === 0 ? renderEmpty() : this.renderModels(models)}
    `;
  }

  private renderMeasure({ cannotRun }: BoardPage) {
    const blocked = cannotRun !== null || this.running !== null;
    return html`<span title=${cannotRun ?? 'Runs all models in turns, so that they can be set against each other'}>
      <vscode-button ?disabled=${blocked} @click=${() => void this.measure(true)}>Measure All</vscode-button>
      <vscode-button secondary ?disabled=${blocked} @click=${() => void this.measure(false)}>Compare Outputs</vscode-button>
    </span>`;
  }

  private renderError() {
    const { error } = this;
    if (error === null) return nothing;
    return html`<caliper-notice kind="error" closable @dismiss=${() => {
      this.error = null;
    }}>
      ${error.message}
      ${
        error.canShowLog
          ? html`<button slot="actions" class="link" @click=${() => void host.request('showLog')}>Show log</button>`
          : nothing
      }
    </caliper-notice>`;
  }

  private renderRunning() {
    const { running } = this;
    if (running === null) return nothing;
    return html`<caliper-progress
      heading="Measuring"
      .message=${running.message}
      .fraction=${running.fraction}
      ?cancelling=${running.cancelling}
      @cancel=${() => {
        this.running = { ...running, cancelling: true };
        void host.request('cancel');
      }}
    ></caliper-progress>`;
  }

  /** Files that became others: their columns are of what they were. */
  private renderOld(models: readonly BoardModel[]) {
    const old = models.filter(({ became }) => became !== null);
    if (old.length === 0 || this.running !== null) return nothing;
    const names = old.map(({ name }) => name).join(', ');
    return html`<caliper-notice kind="warning">
      ${names} ${old.length === 1 ? 'is' : 'are'} set against files that changed since, or changed ${old.length === 1 ? 'itself' : 'themselves'}: the greyed figures are of what was before.
      <vscode-button slot="actions" @click=${() => void this.ask(() => host.request('readBoardAgain'))}>Read Again</vscode-button>
    </caliper-notice>`;
  }

  /** Which of them have no measured figures, while others do; or why none has. */
  private renderUnmeasured({ models, cannotRun }: BoardPage) {
    const [, ...others] = models;
    if (others.length === 0 || this.running !== null || host.alone) return nothing;
    if (cannotRun !== null) return html`<caliper-notice>${cannotRun}</caliper-notice>`;
    const missing = others.filter(({ comparison }) => comparison.accuracy === null);
    if (missing.length === others.length)
      return html`<p class="muted">Nothing was run yet: latency, outputs and the picture come with Measure All.</p>`;
    if (missing.length === 0) return nothing;
    return html`<p class="muted">${missing.map(({ name }) => name).join(', ')} came later: Measure All sets it beside the others in one run.</p>`;
  }

  private renderModels(models: readonly BoardModel[]) {
    const picture = boardPicture(models);
    const [first] = models;
    const measure = picture?.measures.find((one) => one === this.saved.measure) ?? picture?.measure;
    return html`
      <div class=${picture === null ? 'overview' : 'overview two'}>
        ${
          picture === null || measure === undefined
            ? nothing
            : html`<div>
                ${
                  picture.measures.length < 2
                    ? nothing
                    : html`<label class="small muted">Shown by
                        <select @change=${(event: Event) =>
                          this.save({
                            measure: (event.target as HTMLSelectElement).value as AccuracyMeasure,
                          })}>
                          ${picture.measures.map((one) => html`<option value=${one} ?selected=${one === measure}>${AXES[one]}</option>`)}
                        </select></label>`
                }
                <caliper-front
                  .search=${picture}
                  .measure=${measure}
                  .maxLoss=${null}
                  .selected=${this.saved.selected ?? ''}
                  over=${first?.name ?? ''}
                  points="models"
                  @choose=${(event: CustomEvent<string>) => this.save({ selected: event.detail })}
                ></caliper-front>
              </div>`
        }
        ${this.renderFigures(models)}
      </div>
      <p class="conditions muted small">${conditions(models)}</p>
      ${models.length < 2 ? nothing : this.renderLayers(models)}
    `;
  }

  private renderFigures(models: readonly BoardModel[]) {
    const { lines, same } = boardLines(models);
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Figures of the models">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Figure</th>
            ${models.map((model, place) => html`<th scope="col">${this.renderHead(model, place)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${lines.map(
            ({ label, cells }) => html`<tr>
              <th scope="row">${label}</th>
              ${cells.map(
                (cell, place) =>
                  html`<td class=${models[place]?.became == null ? '' : 'old'}>${renderCell(cell)}</td>`,
              )}
            </tr>`,
          )}
        </tbody>
      </table>
      ${same.length === 0 ? nothing : html`<p class="small muted">The same: ${same.join(' · ')}</p>`}
      ${models.length === 1 ? html`<p class="muted">Add another model to see what differs.</p>` : nothing}
    </div>`;
  }

  private renderHead({ id, name, path, became }: BoardModel, place: number) {
    const tool = (icon: string, label: string, run: () => void) => html`<button
      class="tool"
      title=${label}
      aria-label=${`${label}: ${name}`}
      ?disabled=${this.running !== null}
      @click=${run}
    ><vscode-icon name=${icon}></vscode-icon></button>`;
    return html`<div class="model">
      ${
        host.alone
          ? html`<span>${breakable(name)}</span>`
          : html`<button class="link" title=${`Open ${path}`} @click=${() => void host.request('openModel', { path })}>${breakable(name)}</button>`
      }
      ${place === 0 ? html`<span class="small muted">reference</span>` : nothing}
      ${became === null ? nothing : html`<span class="became">${became === 'missing' ? 'a file is gone' : 'a file has changed'}</span>`}
      <span class="tools">
        ${place === 0 ? nothing : tool('diff', 'Compare with the first', () => void host.request('compareOnBoard', { id }))}
        ${place === 0 || host.alone ? nothing : tool('pinned', 'Set the others against it', () => void this.ask(() => host.request('setAgainst', { id })))}
        ${host.alone ? nothing : tool('close', 'Take off the board', () => void this.ask(() => host.request('removeFromBoard', { id })))}
      </span>
    </div>`;
  }

  private renderLayers(models: readonly BoardModel[]) {
    const figures = knownFigures(this.rows);
    const figure = figures.find((one) => one === this.saved.figure) ?? figures[0] ?? 'weights';
    const names = models.map(({ name }) => name);
    const columns = layerColumns(names, figure, this.names);
    const wanted = this.saved.search.trim().toLowerCase();
    const rows = this.rows.filter(({ name, op }) => `${name} ${op}`.toLowerCase().includes(wanted));
    const sort = this.saved.sort ?? (figure === 'sqnr' ? worstOf(models) : null);
    const column = columns.find(({ id }) => id === sort?.column);
    return html`<main>
      <div class="bar">
        <input
          type="search"
          aria-label="Search layers"
          placeholder="Search name, operator"
          .value=${this.saved.search}
          @input=${(event: Event) => this.save({ search: (event.target as HTMLInputElement).value })}
        />
        <label class="small">Layers by
          <select
            aria-label="Layers by"
            @change=${(event: Event) =>
              this.save({ figure: (event.target as HTMLSelectElement).value as LayerFigure, sort: null })}
          >
            ${figures.map((one) => html`<option value=${one} ?selected=${one === figure}>${LAYER_FIGURES[one].label}</option>`)}
          </select>
        </label>
        <span class="muted small" role="status">${formatInteger(rows.length)} layers</span>
      </div>
      <caliper-grid
        label="Layers of the models"
        empty="No layer matches."
        .columns=${columns}
        .rows=${sorted(rows, column, sort?.descending ?? false)}
        .sort=${sort}
        .widths=${this.saved.widths}
        @copyRow=${(event: CustomEvent<string>) => void copyText(event.detail, 'the row')}
        @sort=${(event: CustomEvent<Sort | null>) => this.save({ sort: event.detail })}
        @widths=${(event: CustomEvent<Record<string, number>>) => this.save({ widths: event.detail })}
      ></caliper-grid>
    </main>`;
  }
}

/** A name that breaks where its parts end, if it must. */
function breakable(name: string) {
  return name.split(/(?<=[._-])/).map((part) => html`${part}<wbr />`);
}

/** Lowest SQNR first, of the model that is the worst. */
function worstOf([, ...others]: readonly BoardModel[]): Sort | null {
  const sqnr = others.map(({ comparison }) => comparison.accuracy?.sqnrDb ?? Number.POSITIVE_INFINITY);
  const worst = Math.min(...sqnr);
  return Number.isFinite(worst) ? { column: `other${sqnr.indexOf(worst)}`, descending: false } : null;
}

function renderEmpty() {
  return html`<div class="empty">
    <p>The board is empty.</p>
    <p class="muted">Give models a column each to set them side by side: Add to Board in the explorer’s menu, on a model’s or a comparison’s page, and beside the candidates of a search.</p>
  </div>`;
}

function renderCell({ text, change, size }: BoardCell) {
  if (change === '') return text;
  return html`${text}<span class="delta">${change}${
    size === null
      ? nothing
      : html`<i class=${size.effect} ${styled({ '--fraction': String(Math.min(1, size.part)) })}></i>`
  }</span>`;
}

/** What the measured figures were measured with and on. */
function conditions(models: readonly BoardModel[]): string {
  const measured = models.find(({ comparison }) => comparison.accuracy !== null)?.comparison;
  if (measured === undefined) return '';
  const { engine, cpu, threads, accuracy } = measured;
  return [
    latencyConditions(measured),
    engine,
    threads === null ? null : threads === 1 ? '1 thread' : `${threads} threads`,
    cpu,
    accuracy &&
      `outputs of ${formatInteger(accuracy.samples)} ${accuracy.data === 'random' ? 'random inputs' : `samples of ${accuracy.data}`}`,
  ]
    .filter((part) => part !== null)
    .join(' · ');
}
