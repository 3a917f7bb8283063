import type { NodeId } from '../../model/nodeId';
import type { QuantizeReport } from '../../protocol/reports';
import type { SearchReport, SensitiveLayer } from '../../protocol/search';

/**
 * `written`: the output has its name. `refused`: nothing was written, because nothing that was found is worth it on this
 * computer, or the user stopped the search; `report` says how much, and the two files lie in the scratch folder until
 * the user decides. `files` are those of the candidates of a search, by their ids, in the scratch folder.
 */
export type QuantizeOutcome =
  | { status: 'written'; report: QuantizeReport; files?: Record<string, string> }
  | {
      status: 'refused';
      reason: string;
      report: QuantizeReport;
      candidates: { quantized: string; cleaned: string };
      files?: Record<string, string>;
    };

/** Candidates, and where their files lie in the scratch folder. */
export interface SearchOutcome {
  report: SearchReport;
  files: Record<string, string>;
  /** Where the chosen one was written; null: nowhere. */
  output: string | null;
}

/** A model that a recipe made, and what is to be said of it. */
export interface Product {
  readonly path: string;
  /** Why nodes of the cleaned model are in float. */
  readonly kept: ReadonlyMap<NodeId, string>;
  readonly pair?: string;
  /** As the report names them. */
  readonly steps?: readonly string[];
  /** As the report has them. */
  readonly sensitivity?: readonly SensitiveLayer[];
  /** Over all weights that are stored in another form; null: nothing was lost. */
  readonly weightSqnrDb?: number | null;
  /** Layers of the source that have other weights, but not in the twin; by name. */
  readonly notInTwin?: readonly string[];
  /** What a reader must know of how it was chosen. */
  readonly warnings?: readonly string[];
  /** What was found where candidates were searched: the product is the chosen one, or what a refusal is about. */
  readonly found?: Found;
}

/** Candidates of a search, each in a file of its own. */
export interface Found {
  readonly report: SearchReport;
  readonly files: ReadonlyMap<string, string>;
  /** The user wanted no more. */
  readonly stopped: boolean;
  /** The same settings on the same computer may find more another time. */
  readonly busy: boolean;
}
