import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatBytes, formatMs, formatPercent } from '../../src/protocol/numbers';
import { onResize } from '../base/resized';
import { base } from '../base/theme';
import { placeLabels } from './labels';
import { pictureStyles } from './pictureStyles';
import { type Picture, type Point, scaleFor } from './points';

const HEIGHT = 210;
const MARGIN = { top: 18, right: 24, bottom: 36, left: 62 };
/** Radius of the largest file; the others' areas are in proportion. */
const RADIUS = 15;
const MIN_RADIUS = 3.5;
/** Where the file's size is not reported. */
const UNSIZED = 6;

/** Latency against accuracy, with the interval of the latency and the file's size as area. */
@customElement('caliper-scatter')
export class Scatter extends LitElement {
  @property({ attribute: false }) picture: Picture | null = null;
  @state() private width = 480;

  static override readonly styles = [
    base,
    pictureStyles,
    css`
      .before {
        --color: var(--vscode-charts-blue);
      }
      .cleaned {
        --color: var(--vscode-charts-green);
      }
      .after {
        --color: var(--orange);
      }
      circle {
        fill: var(--color);
        fill-opacity: 0.28;
        stroke: var(--color);
        stroke-width: 1.5;
      }
      circle.unsized {
        fill-opacity: 0;
      }
      .whisker {
        stroke: var(--color);
        stroke-width: 1.5;
      }
      .label {
        fill: var(--color);
        font-weight: 600;
      }
    `,
  ];

  constructor() {
    super();
    onResize(this, () => {
      this.width = Math.max(280, this.clientWidth);
    });
  }

  override render() {
    const picture = this.picture;
    if (picture === null) return nothing;
    const { points, axis } = picture;
    const right = this.width - MARGIN.right;
    const bottom = HEIGHT - MARGIN.bottom;
    const latencies = points.flatMap(({ latency }) => [latency.median, ...latency.ci95]);
    const x = scaleFor(latencies, MARGIN.left, right, [0, Number.POSITIVE_INFINITY]);
    const accuracies = points.flatMap(({ accuracy }) => (accuracy === null ? [] : [accuracy]));
    const y = axis === null ? null : scaleFor(accuracies, bottom, MARGIN.top, [0, 1.005]);
    /** Without an accuracy the models are listed one below the other. */
    const height = (point: Point, place: number) =>
      y !== null && point.accuracy !== null
        ? y(point.accuracy)
        : MARGIN.top + ((place + 0.5) * (bottom - MARGIN.top)) / points.length;
    const largest = Math.max(...points.map(({ bytes }) => bytes ?? 0), 1);
    const drawn = points.map((point, place) => ({
      point,
      cx: x(point.latency.median),
      cy: height(point, place),
      radius:
        point.bytes === null ? UNSIZED : Math.max(MIN_RADIUS, RADIUS * Math.sqrt(point.bytes / largest)),
      text: point.label,
    }));
    const labels = placeLabels(drawn, { left: MARGIN.left, right: this.width, top: 12, bottom });
    return html`<svg
      width=${this.width}
      height=${HEIGHT}
      role="img"
      aria-label=${`Latency${axis === null ? '' : ` against ${axis.toLowerCase()}`}: ${points.map(describe).join('; ')}`}
    >
      ${x.ticks.map(
        (tick) => svg`<g class="tick">
          <line x1=${x(tick)} x2=${x(tick)} y1=${MARGIN.top - 6} y2=${bottom}></line>
          <text x=${x(tick)} y=${bottom + 15} text-anchor="middle">${Number(tick.toPrecision(3))}</text>
        </g>`,
      )}
      ${y?.ticks.map(
        (tick) => svg`<g class="tick">
          <line x1=${MARGIN.left} x2=${right} y1=${y(tick)} y2=${y(tick)}></line>
          <text x=${MARGIN.left - 7} y=${y(tick) + 4} text-anchor="end">${formatPercent(tick)}</text>
        </g>`,
      )}
      <text class="axis" x=${right} y=${HEIGHT - 8} text-anchor="end">Latency, ms (less is better)</text>
      ${axis === null ? nothing : svg`<text class="axis" x="4" y="9">${axis}</text>`}
      ${drawn.map(({ point, cx, cy, radius }, place) => {
        const [low, high] = point.latency.ci95;
        const label = labels[place];
        return svg`<g class=${point.id}>
          <line class="whisker" x1=${x(low)} x2=${x(high)} y1=${cy} y2=${cy}></line>
          <line class="whisker" x1=${x(low)} x2=${x(low)} y1=${cy - 4} y2=${cy + 4}></line>
          <line class="whisker" x1=${x(high)} x2=${x(high)} y1=${cy - 4} y2=${cy + 4}></line>
          <circle class=${point.bytes === null ? 'unsized' : ''} cx=${cx} cy=${cy} r=${radius}>
            <title>${describe(point)}</title>
          </circle>
          ${
            label === undefined
              ? nothing
              : svg`<text class="label" x=${(label.left + label.right) / 2} y=${label.bottom - 3} text-anchor="middle">${point.label}</text>`
          }
        </g>`;
      })}
    </svg>`;
  }
}

function describe({ label, latency, bytes, accuracy }: Point): string {
  const [low, high] = latency.ci95;
  const parts = [`${label}: ${formatMs(latency.median)} (${formatMs(low)} to ${formatMs(high)})`];
  if (accuracy !== null) parts.push(formatPercent(accuracy));
  if (bytes !== null) parts.push(formatBytes(bytes));
  return parts.join(', ');
}
