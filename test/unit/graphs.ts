import { edgesOf } from '../../src/analysis/edges';
import { analyze } from '../../src/analysis/inspect';
import type { ModelFile } from '../../src/formats/format';
import { present } from '../../src/model/assert';
import { graphInput, type NamedGraph } from '../../webview/graph/graphInput';

/** A model's graph as the page gets it, every node of one width. */
export function graphOf(file: ModelFile): NamedGraph {
  const analysis = analyze(file, { dims: {}, shapes: {} });
  const { report, rows } = analysis;
  const width = () => 120;
  return graphInput(
    rows,
    present(report.modules, 'modules'),
    [edgesOf(analysis, 0, rows.length)],
    { inputs: report.inputs.map(({ name }) => name), outputs: report.outputs.map(({ name }) => name) },
    { row: width, module: width, end: width },
  );
}
