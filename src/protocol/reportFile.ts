import type { AdviceFacts } from './advice/situation';
import type { BoardPage } from './board';
import type { ComparisonPage, GraphEdges, LayerDetails, LayerRow, OpenedModel } from './page';
import type { MemoryReport, ModuleReport } from './reports';
import type { RooflineReport } from './roofline';

/**
 * What a report in a file answers its page with, in place of the editor. It lies in the file as JSON, gzip and base64, so
 * that no name of a model can be read as HTML.
 */
export type ReportData = ModelReportData | ComparisonReportData | BoardReportData;

export interface ModelReportData {
  readonly page: 'model';
  readonly opened: OpenedModel;
  readonly rows: readonly LayerRow[];
  readonly modules: readonly ModuleReport[];
  readonly edges: GraphEdges;
  readonly memory: MemoryReport;
  readonly facts: AdviceFacts;
  readonly roofline: RooflineReport;
  /** Of each row; those of a model with very many are left out. */
  readonly details: readonly LayerDetails[];
}

export interface ComparisonReportData {
  readonly page: 'comparison';
  readonly comparison: ComparisonPage;
}

/** More than two models: a column each, and the comparison of the first with each of the others behind it. */
export interface BoardReportData {
  readonly page: 'board';
  readonly board: BoardPage;
  /** In the order of the board's models; of the first there is none. */
  readonly comparisons: readonly ComparisonPage[];
}

/** The icons' style sheet, without its font. */
export interface ReportIcons {
  readonly css: string;
  /** In base64. */
  readonly font: string;
}

/** What the data element of a report holds. */
export interface ReportPayload {
  readonly data: ReportData;
  readonly icons: ReportIcons;
}

/** Id of the element that holds the payload. */
export const PAYLOAD_ID = 'caliper-report';
