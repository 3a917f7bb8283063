import type { DimensionOptions } from '../../src/protocol/options';
import type { PageRequests } from '../../src/protocol/page';
import type { Sort } from '../grid/column';
import { host } from '../host';
import type { FigureId } from './figures';
import type { ViewId } from './views';

/** What of the page survives hiding and reloading. */
export interface SavedState {
  dimensions: DimensionOptions;
  sort: Sort | null;
  search: string;
  op: string;
  hiddenColumns: string[];
  widths: Record<string, number>;
  /** Ids of rows and modules that are not as they begin: rows open, modules open where there are few layers. */
  collapsed: string[];
  /** Id of the row. */
  selected: string | null;
  scrollTop: number;
  figure: FigureId;
  /** The graph stands in place of the table and the map. */
  graphShown: boolean;
  /** Ids of the groups that are open in it; null = as a model begins. */
  graphOpen: string[] | null;
  /** What it is coloured by; null = the figure of the map; else the id of a figure or of classes. */
  graphColour: string | null;
  /** Id of the deployment target that is looked at; null = the first. */
  target: string | null;
  /** Id of the profile of the device that the model is for; null = none was chosen. */
  device: string | null;
  /** Tiles of the map are coloured by where their layers run on it. */
  mapByTarget: boolean;
  /** The table groups layers by module. */
  byModule: boolean;
  /** Layers that cost nothing are shown too. */
  freeShown: boolean;
  /** Above the table. */
  view: ViewId;
  chartShown: boolean;
  chartHeight: number;
  detailsWidth: number;
  detailsHeight: number;
  /** null: open where a figure is unknown and a dimension that the user could give was assumed. */
  signatureOpen: boolean | null;
  adviceOpen: boolean;
  /** null: as the settings say. */
  measure: PageRequests['profile']['params'] | null;
}

const INITIAL: SavedState = {
  dimensions: { dims: {}, shapes: {} },
  sort: null,
  search: '',
  op: '',
  hiddenColumns: [],
  widths: {},
  collapsed: [],
  selected: null,
  scrollTop: 0,
  figure: 'parameterBytes',
  graphShown: false,
  graphOpen: null,
  graphColour: null,
  target: null,
  device: null,
  mapByTarget: false,
  byModule: true,
  freeShown: false,
  view: 'map',
  chartShown: true,
  chartHeight: 190,
  detailsWidth: 340,
  detailsHeight: 260,
  signatureOpen: null,
  adviceOpen: true,
  measure: null,
};

/** Scrolling changes the state at every frame; it is written at most this often (milliseconds). */
const WRITE_DELAY = 150;

let timer: ReturnType<typeof setTimeout> | undefined;
let latest: SavedState | null = null;

export function loadState(): SavedState {
  return { ...INITIAL, ...(host.state as Partial<SavedState> | undefined) };
}

export function saveState(state: SavedState): void {
  latest = state;
  timer ??= setTimeout(flush, WRITE_DELAY);
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (latest !== null) host.state = latest;
  latest = null;
}

// A page that is being hidden is destroyed: what is waiting must be written now.
window.addEventListener('pagehide', flush);
document.addEventListener('visibilitychange', flush);
