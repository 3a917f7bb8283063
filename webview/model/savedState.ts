import type { DimensionOptions } from '../../src/protocol/options';
import type { PageRequests } from '../../src/protocol/page';
import type { Sort } from '../grid/column';
import { host } from '../host';
import type { FigureId } from './figures';

/** What of the page survives hiding and reloading. */
export interface SavedState {
  dimensions: DimensionOptions;
  sort: Sort | null;
  search: string;
  op: string;
  hiddenColumns: string[];
  widths: Record<string, number>;
  /** Ids of rows. */
  collapsed: string[];
  /** Id of the row. */
  selected: string | null;
  scrollTop: number;
  figure: FigureId;
  chartShown: boolean;
  chartHeight: number;
  detailsWidth: number;
  detailsHeight: number;
  /** null: open where a figure is unknown and a dimension that the user could give was assumed. */
  signatureOpen: boolean | null;
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
  chartShown: true,
  chartHeight: 190,
  detailsWidth: 340,
  detailsHeight: 260,
  signatureOpen: null,
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
