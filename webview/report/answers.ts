import type { LayerDetails, PageRequests, RequestKind } from '../../src/protocol/page';
import type { ReportData } from '../../src/protocol/reportFile';

/** What a report can answer; what it cannot is not shown by its page. */
export type ReportAnswers = {
  [K in RequestKind]?: (
    params: PageRequests[K]['params'],
  ) => PageRequests[K]['result'] | Promise<PageRequests[K]['result']>;
};

/** Which of a board's comparisons is shown in its place, and what shows another. */
export interface Shown {
  readonly place: () => number;
  readonly show: (place: number) => void;
}

/** Answers from the report's own data. */
export function answersOf(data: ReportData, { place, show }: Shown): ReportAnswers {
  const shared: ReportAnswers = {
    copy: async ({ text }) => {
      await navigator.clipboard.writeText(text);
      return null;
    },
    save: ({ name, text, base64 }) => download(name, text, base64 === true),
  };
  if (data.page === 'comparison') return { ...shared, comparison: () => data.comparison };
  if (data.page === 'board') {
    const { board, comparisons } = data;
    return {
      ...shared,
      board: () => board,
      comparison: () => {
        const comparison = comparisons[place()];
        if (comparison === undefined) throw new Error('The report holds no comparison.');
        return comparison;
      },
      compareOnBoard: ({ id }) => {
        // The first model is on the board alone.
        show(board.models.findIndex((model) => model.id === id) - 1);
        return null;
      },
    };
  }
  const { opened, rows, modules, edges, memory, facts, roofline, details } = data;
  return {
    ...shared,
    open: () => opened,
    rows: ({ from, to }) => rows.slice(from, to),
    modules: ({ from, to }) => modules.slice(from, to),
    // All at once: there is no message that could become too large.
    edges: ({ from }) => (from === 0 ? edges : { counts: [], sources: [], slots: [], outputs: [] }),
    memory: () => memory,
    adviceFacts: () => facts,
    roofline: () => roofline,
    // They lie beside the model, on the computer that made the report.
    budgets: () => [],
    wantedRow: () => null,
    find: ({ text }) => details.filter((one) => mentions(one, text.toLowerCase())).map(({ row }) => row),
    details: ({ row }) => {
      const found = details[row];
      if (found === undefined)
        throw new Error('The model has so many layers that their details are not in the report.');
      return found;
    },
  };
}

/** As the reading thread finds it in the model. */
function mentions({ weights, attributes }: LayerDetails, wanted: string): boolean {
  const texts = [
    ...weights.map(({ name }) => name),
    ...attributes.map(({ name, value }) => `${name}=${value}`),
  ];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

function download(name: string, text: string, base64: boolean): { path: string } {
  const link = document.createElement('a');
  const content = base64 ? Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)) : text;
  link.href = URL.createObjectURL(new Blob([content]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
  return { path: name };
}
