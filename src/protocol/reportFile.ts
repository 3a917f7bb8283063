import type { AdviceFacts } from './advice/situation';
import type { ComparisonPage, GraphEdges, LayerDetails, LayerRow, OpenedModel } from './page';
import type { MemoryReport, ModuleReport } from './reports';

/**
 * What a report in a file answers its page with, in place of the editor. It lies in the file as JSON, gzip and base64, so
 * that no name of a model can be read as HTML.
 */
export type ReportData = ModelReportData | ComparisonReportData;

export interface ModelReportData {
  readonly page: 'model';
  readonly opened: OpenedModel;
  readonly rows: readonly LayerRow[];
  readonly modules: readonly ModuleReport[];
  readonly edges: GraphEdges;
  readonly memory: MemoryReport;
  readonly facts: AdviceFacts;
  /** Of each row; those of a model with very many are left out. */
  readonly details: readonly LayerDetails[];
}

export interface ComparisonReportData {
  readonly page: 'comparison';
  /** The first model with each of the others. */
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
