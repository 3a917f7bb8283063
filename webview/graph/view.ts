import { html, LitElement, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { formatBytes, formatShape } from '../../src/protocol/numbers';
import type { GraphEdges } from '../../src/protocol/page';
import type { ModuleReport, TensorReport } from '../../src/protocol/reports';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { copyText } from '../base/copied';
import { onResize } from '../base/resized';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import { host } from '../host';
import { FIGURES, type FigureId } from '../model/figures';
import { matches, type TableRow } from '../model/rows';
import type { Mentions } from '../search/query';
import { begin, type Camera, centre, fit, resized, reveal, type Size, zoomAt } from './camera';
import { type Classes, isQuantized, PRECISION } from './classes';
import { Groups, looks, rowTitle } from './colouring';
import { graphInput, type NamedGraph } from './graphInput';
import { Layout } from './layout';
import { at } from './lists';
import { LETTER, type Look, type Palette, SMALL_LETTER } from './look';
import { edgeAt, type Minimap, minimapOf, nodeAt, type Painted, paint, paintMinimap } from './painter';
import { KINDS, type Scene } from './scene';
import { sceneSvg } from './svg';
import { viewStyles } from './viewStyles';
import { Walk } from './walk';
import '../base/menu';
import '@vscode-elements/elements/dist/vscode-icon/index.js';

const [LEAST_WIDTH, MOST_WIDTH] = [72, 200];
/** Opening everything of a larger model would be a picture of many metres. */
const MOST_OPENED = 3000;
/** With so few nodes on the outermost level, they say nothing yet. */
const FEW = 4;
/** Pixels around an edge in which the mouse is at it. */
const REACH = 5;
/** Pixels that the mouse may move in a click. */
const CLICK = 4;
/** The longest side of a picture in pixels: canvases have bounds. */
const MOST_PIXELS = 8192;

/**
 * The graph of a model: modules that open level by level, coloured by what they cost. Events: `choose` (row index), `open`
 * (ids of open groups), `colour` (id).
 */
@customElement('caliper-graph')
export class GraphView extends LitElement {
  @property({ attribute: false }) rows: readonly TableRow[] = [];
  @property({ attribute: false }) modules: readonly ModuleReport[] = [];
  @property({ attribute: false }) edges: readonly GraphEdges[] | null = null;
  @property({ attribute: false }) inputs: readonly TensorReport[] = [];
  @property({ attribute: false }) outputs: readonly TensorReport[] = [];
  @property({ attribute: false }) names: ShortNames = shortNames([]);
  /** Id of a figure, or of one of the classes. */
  @property() colourBy = 'macs';
  /** What nodes can be coloured by besides figures. */
  @property({ attribute: false }) classes: readonly Classes[] = [PRECISION];
  /** What stands before a layer's name. */
  @property({ attribute: false }) mark: (row: number) => string = () => '';
  /** Why there is no latency to colour by; '' where there is. */
  @property() unmeasured = '';
  @property({ attribute: false }) selected: number | null = null;
  @property() search = '';
  @property() op = '';
  /** What weights and attributes say of the words that are looked for. */
  @property({ attribute: false }) mentions: Mentions = new Map();
  /** Ids of groups that are open; null = as a model begins. */
  @property({ attribute: false }) opened: readonly string[] | null = null;

  @state() private scene: Scene | null = null;
  @state() private failed = '';
  @state() private spoken = '';
  @state() private tip: { x: number; y: number; lines: string[] } | null = null;

  @query('canvas') private readonly canvas!: HTMLCanvasElement;

  private readonly layout = new Layout();
  private graph: NamedGraph | null = null;
  private graphOf: unknown = null;
  private groups: Groups | null = null;
  private parentOf: readonly number[] = [];
  private made: readonly Int32Array[] = [];
  private open = new Set<number>();
  private painted: Painted | null = null;
  private looksOf: readonly Look[] = [];
  private walk: Walk | null = null;
  private camera: Camera | null = null;
  /** The view's size when it was drawn last. */
  private seen: Size | null = null;
  /** Node of the scene that has the keyboard. */
  private active: number | null = null;
  private hovered: number | null = null;
  private frame = 0;
  private asked = 0;
  private map: Minimap | null = null;
  private drag: { x: number; y: number; camera: Camera; onMap: boolean; moved: boolean } | null = null;
  private palette: Palette | null = null;
  /** Settles when the worker has the graph. */
  private loading: Promise<void> = Promise.resolve();

  static override readonly styles = [base, viewStyles];

  constructor() {
    super();
    onResize(this, () => this.repaint());
    // Themes change the page's classes; colours are asked for again then.
    new MutationObserver(() => {
      this.palette = null;
      this.recolour();
    }).observe(document.documentElement, { attributes: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.layout.end();
    cancelAnimationFrame(this.frame);
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (this.edges !== null && this.graphOf !== this.edges) {
      this.graphOf = this.edges;
      this.loading = this.load(this.edges).catch((error: unknown) => {
        this.failed = error instanceof Error ? error.message : String(error);
      });
      return;
    }
    if (
      ['rows', 'names', 'colourBy', 'classes', 'search', 'op', 'mentions'].some((name) => changed.has(name))
    )
      this.recolour();
    else if (changed.has('selected')) this.recolour();
  }

  override focus(): void {
    this.canvas.focus();
  }

  /** Opens what is around a row, brings it into view and gives it the keyboard. */
  async reveal(row: number): Promise<void> {
    await this.loading;
    const { groups } = this;
    if (groups === null) return;
    const before = this.open.size;
    for (const group of groups.around(row)) this.open.add(group);
    if (this.open.size !== before) await this.relayout(null);
    const node = this.nodeOf(row);
    if (node === null) return;
    this.activate(node, centre);
  }

  private async load(edges: readonly GraphEdges[]): Promise<void> {
    const rows = this.rows.filter(({ added }) => !added);
    const byModule = new Map(this.modules.map((module) => [module.id, module]));
    const width = (...texts: [string, number][]) =>
      Math.round(
        Math.min(
          MOST_WIDTH,
          Math.max(LEAST_WIDTH, ...texts.map(([text, letter]) => text.length * letter + 20)),
        ),
      );
    const ends = {
      inputs: this.inputs.map(({ name }) => name),
      outputs: this.outputs.map(({ name }) => name),
    };
    const graph = graphInput(rows, this.modules, edges, ends, {
      row: (row) => {
        const module = byModule.get(row.module ?? '');
        const own = rowTitle(row as TableRow, module === undefined ? [] : [{ module }], this.names);
        const title = `${this.mark(row.index)}${own}`;
        return width(
          [title, LETTER],
          [`${row.op} ${formatShape(row.outputs[0]?.shape)} 100 MB`, SMALL_LETTER],
        );
      },
      module: ({ name }) => width([`▸ ${name}`, LETTER], ['100 layers · 100 MB', SMALL_LETTER]),
      end: (name) => width([name, LETTER]),
    });
    const { parentOf, made } = await this.layout.call('load', graph.input);
    if (this.graphOf !== edges) return;
    this.graph = graph;
    this.parentOf = parentOf;
    this.made = made;
    this.regroup();
    const kept = new Set(this.opened ?? []);
    this.open = new Set([...parentOf.keys()].filter((group) => kept.has(this.groups?.idOf(group) ?? '')));
    await this.relayout('begin');
    const { scene } = this;
    if (this.opened === null && scene !== null) {
      const shut = this.groupsIn(scene, 'shut');
      const nodes = scene.kinds.filter((kind) => kind <= 1).length;
      if (shut.length > 0 && nodes <= FEW) {
        for (const group of shut) this.open.add(group);
        await this.relayout('begin');
      }
    }
    if (this.selected !== null) await this.reveal(this.selected);
  }

  private regroup(): void {
    const { graph } = this;
    if (graph === null) return;
    this.groups = new Groups(
      this.rows,
      graph.groups,
      this.made,
      this.parentOf,
      graph.input.groupOf,
      this.names,
    );
  }

  private groupsIn({ kinds, ids }: Scene, kind: 'shut' | 'open'): number[] {
    return [...ids].filter((_, node) => KINDS[at(kinds, node)] === kind);
  }

  /** Lays out again; the group that was opened or shut stays where it is on the screen, or the picture is seen from its beginning. */
  private async relayout(anchor: number | 'begin' | null): Promise<void> {
    const asked = ++this.asked;
    const before = this.scene;
    const { scene } = await this.layout.call('scene', [...this.open]);
    if (asked !== this.asked) return;
    const activeId = before === null || this.active === null ? null : this.identity(before, this.active);
    this.scene = scene;
    this.walk = new Walk(scene);
    this.hovered = null;
    this.active = activeId === null ? null : this.find(scene, activeId);
    if (anchor === 'begin') this.camera = null;
    else if (anchor !== null && before !== null && this.camera !== null) {
      const [was, is] = [before, scene].map((one) => {
        const node = this.find(one, `group ${anchor}`);
        return node === null ? null : [at(one.boxes, node * 4), at(one.boxes, node * 4 + 1)];
      });
      if (was && is)
        this.camera = {
          ...this.camera,
          x: this.camera.x + (is[0] ?? 0) - (was[0] ?? 0),
          y: this.camera.y + (is[1] ?? 0) - (was[1] ?? 0),
        };
    }
    this.recolour();
  }

  /** What a node is, whichever picture it is in. */
  private identity({ kinds, ids }: Scene, node: number): string {
    const kind = KINDS[at(kinds, node)];
    const what = kind === 'shut' || kind === 'open' ? 'group' : kind;
    return `${what} ${at(ids, node)}`;
  }

  private find(scene: Scene, identity: string): number | null {
    for (let node = 0; node < scene.kinds.length; node++)
      if (this.identity(scene, node) === identity) return node;
    return null;
  }

  /** The node that shows a row, or the innermost shut group that it is in. */
  private nodeOf(row: number): number | null {
    const { scene, groups } = this;
    if (scene === null || groups === null) return null;
    const direct = this.find(scene, `layer ${row}`);
    if (direct !== null) return direct;
    for (let node = scene.kinds.length - 1; node >= 0; node--)
      if (
        KINDS[at(scene.kinds, node)] !== 'layer' &&
        groups.rowOf(at(scene.ids, node)) === row &&
        at(scene.kinds, node) <= 2
      )
        return node;
    const around = new Set(groups.around(row));
    for (let node = 0; node < scene.kinds.length; node++)
      if (KINDS[at(scene.kinds, node)] === 'shut' && around.has(at(scene.ids, node))) return node;
    return null;
  }

  /** Colours, texts and what is chosen, of the picture that is there. */
  private recolour(): void {
    const { scene } = this;
    this.regroup();
    const { groups } = this;
    if (scene === null || groups === null) return;
    const filter = { search: this.search, op: this.op, mentions: this.mentions };
    const looked = this.search.trim() !== '' || this.op !== '';
    const style = this.colours();
    this.looksOf = looks({
      scene,
      groups,
      by: this.shownBy,
      mark: this.mark,
      wanted: looked ? (row) => matches(row, filter) : null,
      ends: { inputs: this.inputs, outputs: this.outputs },
      resolve: style,
    });
    const selected = this.selected === null ? null : this.nodeOf(this.selected);
    const chosen = selected ?? this.active;
    const lit = new Set<number>();
    if (chosen !== null) {
      for (let edge = 0; edge < scene.rows.length; edge++)
        if (at(scene.from, edge) === chosen || at(scene.to, edge) === chosen) lit.add(edge);
    }
    this.painted = {
      scene,
      look: (node) => this.looksOf[node] ?? NO_LOOK,
      boundary: (edge) => this.isBoundary(scene, edge),
      selected,
      hovered: this.hovered,
      lit,
    };
    this.repaint();
  }

  private get shownBy(): FigureId | Classes {
    const classes = this.classes.find(({ id }) => id === this.colourBy);
    if (classes !== undefined) return classes;
    const known = FIGURES.find(
      ({ id }) => id === this.colourBy && (id !== 'latency' || this.unmeasured === ''),
    );
    return known?.id ?? 'macs';
  }

  /** One end of the edge is in float, the other in integers: where a float island begins or ends. */
  private isBoundary(scene: Scene, edge: number): boolean {
    const tensor = this.tensorOf(scene, edge);
    const to = at(scene.to, edge);
    if (to < 0 || KINDS[at(scene.kinds, to)] !== 'layer') return false;
    const taker = this.rows[at(scene.ids, to)]?.outputs[0]?.type ?? null;
    const given = tensor?.type ?? null;
    return taker !== null && given !== null && isQuantized(given) !== isQuantized(taker);
  }

  private tensorOf(
    { rows, slots }: Scene,
    edge: number,
  ): (TensorReport & { bytes?: number | null }) | undefined {
    const row = at(rows, edge);
    return row < 0 ? this.inputs[-1 - row] : this.rows[row]?.outputs[at(slots, edge)];
  }

  /** Turns a colour of the theme into one that a canvas knows. */
  private colours(): (color: string) => string {
    const probe = document.createElement('span');
    this.renderRoot.append(probe);
    const known = new Map<string, string>();
    queueMicrotask(() => probe.remove());
    return (color) => {
      const resolved = known.get(color) ?? resolveColor(probe, color);
      known.set(color, resolved);
      return resolved;
    };
  }

  private paletteNow(): Palette {
    if (this.palette === null) {
      const resolve = this.colours();
      this.palette = {
        background: resolve('var(--vscode-editor-background)'),
        foreground: resolve('var(--vscode-foreground)'),
        muted: resolve('var(--vscode-descriptionForeground)'),
        line: resolve(
          'var(--vscode-contrastBorder, color-mix(in srgb, var(--vscode-foreground) 45%, var(--vscode-editor-background)))',
        ),
        edge: resolve('color-mix(in srgb, var(--vscode-foreground) 50%, var(--vscode-editor-background))'),
        skip: resolve('color-mix(in srgb, var(--vscode-charts-blue) 80%, var(--vscode-foreground))'),
        boundary: resolve('var(--orange)'),
        focus: resolve('var(--vscode-focusBorder)'),
        panel: resolve('var(--panel)'),
        font: getComputedStyle(this).fontFamily || 'sans-serif',
      };
    }
    return this.palette;
  }

  private get view(): { width: number; height: number } {
    return { width: this.canvas?.clientWidth ?? 0, height: this.canvas?.clientHeight ?? 0 };
  }

  private repaint(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private draw(): void {
    const { painted, canvas, view } = this;
    if (painted === null || !canvas || view.width === 0 || view.height === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) return;
    this.settle(painted, view);
    this.camera ??= begin(painted.scene, view);
    const palette = this.paletteNow();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(context, { ...painted, hovered: this.hovered }, this.camera, view, palette);
    if (this.active !== null && document.activeElement !== null && this.shadowRoot?.activeElement === canvas)
      this.drawFocus(context, painted.scene, this.camera, palette);
    this.map = minimapOf(painted.scene, this.camera, view);
    if (this.map !== null) paintMinimap(context, painted, this.map, this.camera, view, palette);
  }

  /** The details open beside the graph, or the window changes: what one looks at stays in sight. */
  private settle({ scene, selected }: Painted, view: Size): void {
    const { camera, seen } = this;
    this.seen = view;
    if (camera === null || seen === null || (seen.width === view.width && seen.height === view.height))
      return;
    const held = selected ?? this.active;
    const moved = resized(camera, seen, view, held !== null);
    this.camera = held === null ? moved : reveal(moved, view, boxOf(scene, held));
  }

  private drawFocus(
    context: CanvasRenderingContext2D,
    { boxes }: Scene,
    camera: Camera,
    { focus }: Palette,
  ): void {
    const node = this.active ?? 0;
    const { x, y, zoom } = camera;
    context.strokeStyle = focus;
    context.lineWidth = 2;
    context.setLineDash([4, 3]);
    context.strokeRect(
      (at(boxes, node * 4) - x) * zoom - 3,
      (at(boxes, node * 4 + 1) - y) * zoom - 3,
      at(boxes, node * 4 + 2) * zoom + 6,
      at(boxes, node * 4 + 3) * zoom + 6,
    );
    context.setLineDash([]);
  }

  override render() {
    const waiting = this.scene === null && this.failed === '';
    return html`
      <div class="bar">
        <label class="small">
          Colour
          <select aria-label="Colour by" @change=${(event: Event) => this.emit('colour', (event.target as HTMLSelectElement).value)}>
            ${FIGURES.map(
              ({ id, label }) => html`<option
                value=${id}
                ?selected=${id === this.colourBy}
                ?disabled=${id === 'latency' && this.unmeasured !== ''}
              >${label}</option>`,
            )}
            ${this.classes.map(
              ({ id, label }) =>
                html`<option value=${id} ?selected=${id === this.colourBy}>${label}</option>`,
            )}
          </select>
        </label>
        ${this.renderLegend()}
        <span class="room"></span>
        ${this.tool('collapse-all', 'Shut all modules', () => void this.setOpen([]))}
        ${this.tool('expand-all', 'Open all modules', () => void this.openAll(), this.rows.length > MOST_OPENED)}
        ${this.tool('zoom-out', 'Zoom out', () => this.zoom(1 / 1.25))}
        ${this.tool('zoom-in', 'Zoom in', () => this.zoom(1.25))}
        ${this.tool('screen-full', 'Show all of the graph', () => this.fitAll())}
        <caliper-menu
          label="Export the graph"
          icon="export"
          compact
          .items=${[
            {
              label: 'Save as SVG…',
              run: () => void host.request('save', { name: 'graph.svg', text: this.svg() }),
            },
            { label: 'Save as PNG…', run: () => void this.savePicture() },
            { label: 'Copy SVG', run: () => void copyText(this.svg(), 'the picture') },
            { label: 'Copy Picture', run: () => void this.copyPicture() },
          ]}
        ></caliper-menu>
      </div>
      <div class="stage">
        <canvas
          tabindex="0"
          role="application"
          aria-label="Graph of the model; the table has the same layers"
          aria-describedby="spoken"
          @keydown=${this.onKey}
          @pointerdown=${this.onDown}
          @pointermove=${this.onMove}
          @pointerup=${this.onUp}
          @pointerleave=${this.onLeave}
          @dblclick=${this.onDoubleClick}
          @wheel=${this.onWheel}
          @focus=${() => this.repaint()}
          @blur=${() => this.repaint()}
        ></canvas>
        ${waiting ? html`<p class="waiting muted" role="status">Laying out the graph…</p>` : nothing}
        ${this.failed === '' ? nothing : html`<p class="waiting" role="alert">${this.failed}</p>`}
        ${
          this.tip === null
            ? nothing
            : html`<div class="tip" role="tooltip" ${styled({ left: `${this.tip.x}px`, top: `${this.tip.y}px` })}>
                ${this.tip.lines.map((line, place) => html`<div class=${place === 0 ? 'first' : 'muted'}>${line}</div>`)}
              </div>`
        }
        <span id="spoken" class="visually-hidden" role="status">${this.spoken}</span>
      </div>
    `;
  }

  private renderLegend() {
    const by = this.shownBy;
    if (typeof by === 'string') return nothing;
    return html`<span class="legend small">${by.classes.map(({ name, color }) => html`<span><i ${styled({ '--color': color })}></i>${name}</span>`)}</span>`;
  }

  private tool(icon: string, label: string, run: () => void, disabled = false) {
    return html`<button class="tool" title=${label} aria-label=${label} ?disabled=${disabled} @click=${run}>
      <vscode-icon name=${icon}></vscode-icon>
    </button>`;
  }

  private emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  private async setOpen(groups: readonly number[]): Promise<void> {
    this.open = new Set(groups);
    await this.relayout('begin');
    this.tellOpen();
  }

  private async openAll(): Promise<void> {
    await this.setOpen([...this.parentOf.keys()]);
    this.fitAll();
  }

  private tellOpen(): void {
    this.emit(
      'open',
      [...this.open].map((group) => this.groups?.idOf(group) ?? ''),
    );
  }

  /** Opens or shuts the group that a node is. */
  private async toggle(node: number): Promise<void> {
    const { scene } = this;
    const kind = scene === null ? undefined : KINDS[at(scene.kinds, node)];
    if (scene === null || (kind !== 'shut' && kind !== 'open')) return;
    const group = at(scene.ids, node);
    if (!this.open.delete(group)) this.open.add(group);
    this.active = node;
    await this.relayout(group);
    this.tellOpen();
    this.say();
  }

  private zoom(factor: number): void {
    const { view } = this;
    if (this.camera === null) return;
    this.camera = zoomAt(this.camera, factor, { x: view.width / 2, y: view.height / 2 });
    this.repaint();
  }

  private fitAll(): void {
    if (this.scene !== null) this.camera = fit(this.scene, this.view);
    this.repaint();
  }

  /** Gives a node the keyboard's place, and shows it. */
  private activate(node: number, show: typeof reveal = reveal): void {
    this.active = node;
    const { scene } = this;
    if (scene !== null && this.camera !== null)
      this.camera = show(this.camera, this.view, boxOf(scene, node));
    this.say();
    this.recolour();
  }

  private say(): void {
    const { scene, active } = this;
    if (scene === null || active === null) return;
    const kind = KINDS[at(scene.kinds, active)];
    const look = this.looksOf[active];
    const what = {
      layer: 'layer',
      shut: 'module, shut',
      open: 'module, open',
      input: 'input',
      output: 'output',
    };
    this.spoken = `${look?.title ?? ''}, ${kind === undefined ? '' : what[kind]}, ${look?.detail ?? ''}`;
  }

  /** Selects what a node stands for: a layer, or the row whose bodies it holds. */
  private choose(node: number): void {
    const { scene } = this;
    if (scene === null) return;
    const kind = KINDS[at(scene.kinds, node)];
    const id = at(scene.ids, node);
    const row =
      kind === 'layer' ? id : kind === 'shut' || kind === 'open' ? (this.groups?.rowOf(id) ?? null) : null;
    if (row !== null) this.emit('choose', row);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const { scene, walk } = this;
    if (scene === null || walk === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys: Record<string, () => void> = {
      '+': () => this.zoom(1.25),
      '-': () => this.zoom(1 / 1.25),
      '0': () => this.fitAll(),
      Home: () => this.activate(this.firstNode()),
      End: () => this.activate(scene.kinds.length - 1),
      ArrowDown: () => this.step(walk.consumers(this.active ?? 0)),
      ArrowUp: () => this.step(walk.producers(this.active ?? 0)),
      ArrowRight: () => this.step([walk.beside(this.active ?? 0, 1)]),
      ArrowLeft: () => this.step([walk.beside(this.active ?? 0, -1)]),
      Enter: () => this.press(),
      ' ': () => this.press(),
      Backspace: () => this.shutAround(),
    };
    const run = keys[event.key];
    if (run === undefined) return;
    event.preventDefault();
    run();
  };

  private step(nodes: readonly (number | null)[]): void {
    const next = this.active === null ? this.firstNode() : nodes[0];
    if (next !== null && next !== undefined) this.activate(next);
  }

  /** Where the model begins: its first input. */
  private firstNode(): number {
    const input = this.scene?.kinds.indexOf(KINDS.indexOf('input')) ?? -1;
    return Math.max(0, input);
  }

  private press(): void {
    const { scene, active } = this;
    if (scene === null || active === null) return;
    this.choose(active);
    void this.toggle(active);
  }

  /** Shuts the group around the node that has the keyboard. */
  private shutAround(): void {
    const { scene, active } = this;
    if (scene === null || active === null) return;
    const [x, y] = [at(scene.boxes, active * 4), at(scene.boxes, active * 4 + 1)];
    for (let node = active - 1; node >= 0; node--) {
      if (KINDS[at(scene.kinds, node)] !== 'open') continue;
      const [left, top, width, height] = scene.boxes.subarray(node * 4, node * 4 + 4);
      if (
        x < (left ?? 0) ||
        y < (top ?? 0) ||
        x > (left ?? 0) + (width ?? 0) ||
        y > (top ?? 0) + (height ?? 0)
      )
        continue;
      void this.toggle(node);
      return;
    }
  }

  private point(event: MouseEvent): { x: number; y: number; sceneX: number; sceneY: number } {
    const { left, top } = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const camera = this.camera ?? { x: 0, y: 0, zoom: 1 };
    return { x, y, sceneX: camera.x + x / camera.zoom, sceneY: camera.y + y / camera.zoom };
  }

  private readonly onDown = (event: PointerEvent): void => {
    if (this.camera === null || event.button !== 0) return;
    const { x, y } = this.point(event);
    const onMap = this.map !== null && x >= this.map.left && y >= this.map.top;
    this.drag = { x, y, camera: this.camera, onMap, moved: false };
    this.canvas.setPointerCapture(event.pointerId);
    this.tip = null;
    if (onMap) this.moveOnMap(x, y);
  };

  private readonly onMove = (event: PointerEvent): void => {
    const { x, y, sceneX, sceneY } = this.point(event);
    const { drag } = this;
    if (drag !== null) {
      if (Math.hypot(x - drag.x, y - drag.y) > CLICK) drag.moved = true;
      if (drag.onMap) this.moveOnMap(x, y);
      else if (drag.moved) {
        const { camera } = drag;
        this.camera = {
          ...camera,
          x: camera.x - (x - drag.x) / camera.zoom,
          y: camera.y - (y - drag.y) / camera.zoom,
        };
        this.repaint();
      }
      return;
    }
    this.hover(x, y, sceneX, sceneY);
  };

  private readonly onUp = (event: PointerEvent): void => {
    const { drag } = this;
    this.drag = null;
    if (drag === null || drag.moved || drag.onMap || this.scene === null) return;
    const { sceneX, sceneY } = this.point(event);
    const node = nodeAt(this.scene, sceneX, sceneY);
    if (node === null) return;
    this.active = node;
    this.say();
    const kind = KINDS[at(this.scene.kinds, node)];
    const onTwist =
      sceneX < at(this.scene.boxes, node * 4) + 20 && sceneY < at(this.scene.boxes, node * 4 + 1) + 24;
    if ((kind === 'shut' || kind === 'open') && onTwist) void this.toggle(node);
    else {
      this.choose(node);
      this.recolour();
    }
  };

  private readonly onDoubleClick = (event: MouseEvent): void => {
    if (this.scene === null) return;
    const { sceneX, sceneY } = this.point(event);
    const node = nodeAt(this.scene, sceneX, sceneY);
    if (node === null) return;
    const onTwist =
      sceneX < at(this.scene.boxes, node * 4) + 20 && sceneY < at(this.scene.boxes, node * 4 + 1) + 24;
    if (!onTwist) void this.toggle(node);
  };

  private readonly onLeave = (): void => {
    this.hovered = null;
    this.tip = null;
    this.repaint();
  };

  private readonly onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    if (this.camera === null) return;
    const { x, y } = this.point(event);
    if (event.ctrlKey || event.metaKey)
      this.camera = zoomAt(this.camera, Math.exp(-event.deltaY / 300), { x, y });
    else {
      const [dx, dy] = event.shiftKey ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
      const { zoom } = this.camera;
      this.camera = { ...this.camera, x: this.camera.x + dx / zoom, y: this.camera.y + dy / zoom };
    }
    this.tip = null;
    this.repaint();
  };

  private moveOnMap(x: number, y: number): void {
    const { map, camera, view } = this;
    if (map === null || camera === null) return;
    this.camera = {
      ...camera,
      x: (x - map.left) / map.scale - view.width / camera.zoom / 2,
      y: (y - map.top) / map.scale - view.height / camera.zoom / 2,
    };
    this.repaint();
  }

  private hover(x: number, y: number, sceneX: number, sceneY: number): void {
    const { scene, camera } = this;
    if (scene === null || camera === null) return;
    const node = nodeAt(scene, sceneX, sceneY);
    const inside = node !== null && KINDS[at(scene.kinds, node)] !== 'open';
    const edge = inside ? null : edgeAt(scene, sceneX, sceneY, REACH / camera.zoom);
    const lines =
      edge !== null ? this.edgeLines(scene, edge) : node !== null ? this.nodeLines(scene, node) : null;
    const { width, height } = this.view;
    this.tip =
      lines === null ? null : { x: Math.min(x + 14, width - 240), y: Math.min(y + 16, height - 80), lines };
    if (this.hovered !== (inside ? node : null)) {
      this.hovered = inside ? node : null;
      this.repaint();
    }
  }

  private edgeLines(scene: Scene, edge: number): string[] {
    const tensor = this.tensorOf(scene, edge);
    if (tensor === undefined) return [];
    const bytes = tensor.bytes === undefined ? '' : ` · ${formatBytes(tensor.bytes)}`;
    return [tensor.name, `${tensor.type ?? 'type unknown'} ${formatShape(tensor.shape)}${bytes}`];
  }

  private nodeLines({ kinds, ids }: Scene, node: number): string[] {
    const kind = KINDS[at(kinds, node)];
    const id = at(ids, node);
    const detail = this.looksOf[node]?.detail ?? '';
    if (kind === 'input' || kind === 'output') {
      const tensor = (kind === 'input' ? this.inputs : this.outputs)[id];
      return [tensor?.name ?? '', `${kind}, ${tensor?.type ?? 'type unknown'} ${formatShape(tensor?.shape)}`];
    }
    if (kind !== 'layer') return [this.groups?.wholeName(id) ?? '', detail];
    const row = this.rows[id];
    if (row === undefined) return [];
    const figures = FIGURES.map((figure) => `${figure.label} ${figure.format(figure.value(row))}`);
    return [
      `${this.mark(id)}${row.name}`,
      `${row.op} → ${formatShape(row.outputs[0]?.shape)} ${row.outputs[0]?.type ?? ''}`,
      ...figures.slice(1),
    ];
  }

  private svg(): string {
    const { painted } = this;
    return painted === null ? '' : sceneSvg(painted.scene, painted.look, painted.boundary, this.paletteNow());
  }

  /** All of the picture as it looks now, as large as a canvas can be. */
  private async picture(): Promise<Blob | null> {
    const { painted } = this;
    if (painted === null) return null;
    const { scene } = painted;
    const zoom = Math.min(2, MOST_PIXELS / (Math.max(scene.width, scene.height) + 32));
    const view = { width: (scene.width + 32) * zoom, height: (scene.height + 32) * zoom };
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [Math.ceil(view.width), Math.ceil(view.height)];
    const context = canvas.getContext('2d');
    if (context === null) return null;
    paint(context, { ...painted, hovered: null }, { x: -16, y: -16, zoom }, view, this.paletteNow());
    return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  }

  private async savePicture(): Promise<void> {
    const blob = await this.picture();
    if (blob === null) return;
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    await host.request('save', { name: 'graph.png', text: btoa(text), base64: true });
  }

  private async copyPicture(): Promise<void> {
    const blob = await this.picture();
    if (blob === null) return;
    try {
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
      this.spoken = 'The picture was copied.';
    } catch {
      this.failed = 'The picture could not be copied here: save it as PNG.';
      setTimeout(() => {
        this.failed = '';
      }, 5000);
    }
  }
}

function boxOf({ boxes }: Scene, node: number): number[] {
  return [...boxes.subarray(node * 4, node * 4 + 4)];
}

const NO_LOOK: Look = { title: '', detail: '', color: '', strength: 0, second: null, faded: false };

function resolveColor(probe: HTMLElement, color: string): string {
  probe.style.color = color;
  return getComputedStyle(probe).color;
}
