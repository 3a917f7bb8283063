import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatBytes, formatMs, formatPercent } from '../../src/protocol/numbers';
import { type AccuracyMeasure, lossText, type SearchReport } from '../../src/protocol/search';
import { onResize } from '../base/resized';
import { base } from '../base/theme';
import { type FrontPoint, frontPicture, kindOf, neighbour } from './frontPoints';
import { placeLabels } from './labels';
import { pictureStyles } from './pictureStyles';
import { scaleFor } from './points';

const HEIGHT = 330;
const MARGIN = { top: 20, right: 28, bottom: 42, left: 66 };
/** Radius of the largest file; the others' areas are in proportion. */
const RADIUS = 17;
const MIN_RADIUS = 4;
/** Around the chosen and the selected one. */
const RING = 4;
/** Where outputs are the original's, which no number of decibels is: above all others. */
const EXACT = 22;

export const AXES = {
  'top-1': 'Top-1 accuracy',
  agreement: 'Agreement with the original',
  SQNR: 'SQNR, dB',
} as const;

/**
 * Accuracy against latency of the candidates of a search, with sizes as areas, and the limit that the user gave. Arrow
 * keys lead from one to the other. Event: `choose` (the id).
 */
@customElement('caliper-front')
export class Front extends LitElement {
  @property({ attribute: false }) search: Pick<SearchReport, 'candidates' | 'measure'> | null = null;
  /** null: there is no limit. */
  @property({ attribute: false }) maxLoss: number | null = 0;
  /** What speed-ups are over. */
  @property() over = 'cleaned float';
  /** What the points are called. */
  @property() points = 'candidates';
  /** What the vertical axis is; null: what the limit is about. */
  @property({ attribute: false }) measure: AccuracyMeasure | null = null;
  /** Ids of the one that is the fastest within the limit, and of the one that is looked at. */
  @property({ attribute: false }) chosen = '';
  @property({ attribute: false }) selected = '';
  @state() private width = 480;
  /** The one that keys lead away from; null: the selected one. */
  @state() private focused: string | null = null;

  static override readonly styles = [
    base,
    pictureStyles,
    css`
      .front {
        fill: none;
        stroke: var(--orange);
        stroke-opacity: 0.6;
        stroke-width: 1.5;
      }
      .limit line {
        stroke: var(--vscode-charts-red);
        stroke-dasharray: 6 4;
        stroke-width: 1.5;
      }
      .limit text {
        fill: var(--vscode-charts-red);
      }
      .float line {
        stroke: var(--vscode-charts-green);
        stroke-dasharray: 2 4;
      }
      .point {
        cursor: pointer;
        outline: none;
      }
      .before {
        --color: var(--vscode-charts-blue);
      }
      .cleaned {
        --color: var(--vscode-charts-green);
      }
      .after {
        --color: var(--orange);
      }
      .bubble {
        fill: var(--color);
        fill-opacity: 0.28;
        stroke: var(--color);
        stroke-width: 1.5;
      }
      .beyond .bubble {
        fill-opacity: 0.06;
        stroke-dasharray: 3 3;
      }
      .point:hover .bubble {
        fill-opacity: 0.5;
      }
      .whisker {
        stroke: var(--color);
        stroke-opacity: 0.7;
      }
      .label {
        fill: var(--vscode-foreground);
        pointer-events: none;
      }
      .selected .label,
      .chosen .label {
        font-weight: 700;
      }
      .ring {
        fill: none;
        stroke: var(--vscode-foreground);
        stroke-width: 1.5;
      }
      .focus {
        fill: none;
        stroke: none;
        stroke-width: 2;
      }
      .point:focus-visible .focus {
        stroke: var(--vscode-focusBorder);
      }
    `,
  ];

  constructor() {
    super();
    onResize(this, () => {
      this.width = Math.max(320, this.clientWidth);
    });
  }

  override render() {
    const { search } = this;
    if (search === null) return nothing;
    const measure = this.measure ?? search.measure;
    const picture = frontPicture(search, this.maxLoss, measure);
    const { points, across, limit, cleaned } = picture;
    if (points.length === 0) return nothing;
    const right = this.width - MARGIN.right;
    const bottom = HEIGHT - MARGIN.bottom;
    const spread = points.flatMap(({ x, interval }) => [x, ...(interval ?? [])]);
    const x = scaleFor(spread, MARGIN.left, right, [0, Number.POSITIVE_INFINITY]);
    const finite = points.flatMap((point) => (Number.isFinite(point.y) ? [point.y] : []));
    const exact = points.some((point) => point.y === Number.POSITIVE_INFINITY);
    const decibels = measure === 'SQNR';
    const most = decibels ? Number.POSITIVE_INFINITY : 1.005;
    const y = scaleFor(
      limit === null ? finite : [...finite, limit],
      bottom,
      MARGIN.top + (exact ? EXACT : 0),
      [decibels ? Number.NEGATIVE_INFINITY : 0, most],
    );
    const height = (value: number) =>
      value === Number.POSITIVE_INFINITY
        ? MARGIN.top + 2
        : value === Number.NEGATIVE_INFINITY
          ? bottom
          : y(value);
    const largest = Math.max(...points.map(({ candidate }) => candidate.bytes), 1);
    const drawn = points
      .map((point) => ({
        point,
        cx: x(point.x),
        cy: height(point.y),
        radius: Math.max(MIN_RADIUS, RADIUS * Math.sqrt(point.candidate.bytes / largest)),
        text: this.labelOf(point),
      }))
      // The small ones above the large, which would hide them.
      .sort((a, b) => b.radius - a.radius);
    const ringed = drawn.map(({ radius, ...one }) => ({
      ...one,
      radius: radius + (one.point.candidate.id === this.selected ? 2 * RING : 0),
    }));
    const labels = placeLabels(ringed, { left: MARGIN.left, right: this.width, top: 0, bottom });
    const front = drawn
      .filter(({ point: { candidate } }) => candidate.onFront && kindOf(candidate) === 'after')
      .sort((a, b) => a.cx - b.cx);
    const active = this.active(points);
    const number = (value: number) =>
      decibels ? String(Number(value.toPrecision(3))) : formatPercent(value);
    return html`<svg
      width=${this.width}
      height=${HEIGHT}
      role="listbox"
      aria-label=${`${AXES[measure]} against ${across} of ${points.length} ${this.points}`}
      @keydown=${this.onKey}
    >
      ${x.ticks.map(
        (tick) => svg`<g class="tick" aria-hidden="true">
          <line x1=${x(tick)} x2=${x(tick)} y1=${MARGIN.top - 6} y2=${bottom}></line>
          <text x=${x(tick)} y=${bottom + 15} text-anchor="middle">${
            across === 'size' ? formatBytes(tick) : Number(tick.toPrecision(3))
          }</text>
        </g>`,
      )}
      ${y.ticks.map(
        (tick) => svg`<g class="tick" aria-hidden="true">
          <line x1=${MARGIN.left} x2=${right} y1=${y(tick)} y2=${y(tick)}></line>
          <text x=${MARGIN.left - 7} y=${y(tick) + 4} text-anchor="end">${number(tick)}</text>
        </g>`,
      )}
      ${exact ? svg`<text class="axis" aria-hidden="true" x=${MARGIN.left - 7} y=${MARGIN.top + 6} text-anchor="end">exact</text>` : nothing}
      <text class="axis" aria-hidden="true" x=${right} y=${HEIGHT - 8} text-anchor="end">${
        across === 'latency' ? 'Latency, ms (less is better)' : 'Size: nothing could be timed'
      }</text>
      <text class="axis" aria-hidden="true" x="4" y="10">${AXES[measure]}</text>
      ${
        cleaned === null
          ? nothing
          : svg`<g class="float" aria-hidden="true">
              <line x1=${x(cleaned)} x2=${x(cleaned)} y1=${MARGIN.top - 6} y2=${bottom}></line>
            </g>`
      }
      ${
        limit === null
          ? nothing
          : svg`<g class="limit" aria-hidden="true">
              <line x1=${MARGIN.left} x2=${right} y1=${y(limit)} y2=${y(limit)}></line>
              <text x=${right} y=${y(limit) + 13} text-anchor="end">limit</text>
            </g>`
      }
      ${
        front.length < 2
          ? nothing
          : svg`<polyline class="front" aria-hidden="true" points=${front.map(({ cx, cy }) => `${cx},${cy}`).join(' ')}></polyline>`
      }
      ${drawn.map(({ point, cx, cy, radius, text }, place) => {
        const { candidate, interval, within } = point;
        const { id } = candidate;
        const label = labels[place];
        const isChosen = id === this.chosen;
        const isSelected = id === this.selected;
        const classes = [
          'point',
          kindOf(candidate),
          within ? '' : 'beyond',
          isChosen ? 'chosen' : '',
          isSelected ? 'selected' : '',
        ];
        return svg`<g
          class=${classes.filter((one) => one !== '').join(' ')}
          role="option"
          id=${id}
          tabindex=${id === active ? 0 : -1}
          aria-selected=${isSelected ? 'true' : 'false'}
          aria-label=${describe(point, isChosen, this.over)}
          @click=${() => this.choose(id)}
          @focus=${() => {
            this.focused = id;
          }}
        >
          <title>${describe(point, isChosen, this.over)}</title>
          ${
            interval === null
              ? nothing
              : svg`<line class="whisker" x1=${x(interval[0])} x2=${x(interval[1])} y1=${cy} y2=${cy}></line>`
          }
          <circle class="bubble" cx=${cx} cy=${cy} r=${radius}></circle>
          ${isSelected ? svg`<circle class="ring" cx=${cx} cy=${cy} r=${radius + RING}></circle>` : nothing}
          <circle class="focus" cx=${cx} cy=${cy} r=${radius + 2 * RING}></circle>
          ${
            label === undefined
              ? nothing
              : svg`<text class="label" x=${(label.left + label.right) / 2} y=${label.bottom - 3} text-anchor="middle">${text}</text>`
          }
        </g>`;
      })}
    </svg>`;
  }

  private labelOf({ candidate }: FrontPoint): string {
    return candidate.id === this.chosen ? `✓ ${candidate.label}` : candidate.label;
  }

  /** The one point that the Tab key leads to. */
  private active(points: readonly FrontPoint[]): string {
    const has = (id: string | null) => points.some(({ candidate }) => candidate.id === id);
    if (has(this.focused)) return this.focused ?? '';
    return has(this.selected) ? this.selected : (points[0]?.candidate.id ?? '');
  }

  private choose(id: string): void {
    this.dispatchEvent(new CustomEvent('choose', { detail: id }));
  }

  private async onKey(event: KeyboardEvent): Promise<void> {
    if (this.search === null) return;
    const { points } = frontPicture(this.search, this.maxLoss, this.measure ?? this.search.measure);
    const from = this.active(points);
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.choose(from);
      return;
    }
    const next = neighbour(points, from, event.key);
    if (next === from) return;
    event.preventDefault();
    this.focused = next;
    await this.updateComplete;
    this.renderRoot.querySelector<SVGGElement>(`[id="${CSS.escape(next)}"]`)?.focus();
  }
}

function describe({ candidate, within }: FrontPoint, chosen: boolean, over: string): string {
  const { label, bytes, latencyMs, speedupOverCleaned, kept, int8Layers } = candidate;
  const parts = [`${label}: ${latencyMs === null ? 'not timed' : formatMs(latencyMs.median)}`];
  if (speedupOverCleaned !== null)
    parts.push(`${speedupOverCleaned.ratio.toFixed(2)} times the speed of ${over}`);
  const loss = lossText(candidate);
  if (loss !== '') parts.push(loss);
  parts.push(formatBytes(bytes));
  if (int8Layers > 0) parts.push(`${kept.length} layers in float`);
  if (!within) parts.push('beyond the limit');
  if (chosen) parts.push('the fastest within the limit');
  return parts.join(', ');
}
