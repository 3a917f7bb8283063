import type * as vscode from 'vscode';
import type { DimensionOptions } from '../../protocol/options';
import type { PageEvent, PageRequests, RequestKind } from '../../protocol/page';
import type { ModelDocument } from './modelDocument';

/** One editor that shows a document. Two of them may look at it with different dimension values. */
export interface ModelView {
  readonly document: ModelDocument;
  readonly panel: vscode.WebviewPanel;
  /** What the page last opened the model with. */
  choice: DimensionOptions;
  /** Quantizing could do something; false until the model is open. */
  quantizes: boolean;
  /** Id of the row that the page is to show; the page takes it when it can, because a page that is just opening misses messages. */
  wantedRow: string | null;
  send(event: PageEvent): void;
  /** Does what the page can ask for. */
  request<K extends RequestKind>(
    kind: K,
    params: PageRequests[K]['params'],
  ): Promise<PageRequests[K]['result']>;
}
