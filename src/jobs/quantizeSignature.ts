import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { filesOfData } from '../evaluation/data/files';
import type { JobContext } from '../evaluation/jobContext';
import { place } from '../files/place';
import { checkTargets } from '../files/targets';
import { openComplete } from '../formats';
import { inputFiles } from '../formats/inputFiles';
import { present } from '../model/assert';
import type { QuantizeOptions } from '../protocol/options';
import type { QuantizeReport } from '../protocol/reports';
import type { QuantizeOutcome } from '../quantization/job/outcome';
import { quantize } from '../quantization/quantize';
import { inGraphs } from './compareSignatures';
import { chooseSignature, idInGraph, type SignatureFile, saidOfModel } from './signatures';

/**
 * Quantizes the graph that a signature calls, as the main graph of a copy; the result has the graphs where the model has
 * them. Candidates of a search are files of that copy, so none are given.
 *
 * @throws UsageError where the model has no such signature; otherwise as `quantize`
 */
export async function quantizeSignature(
  options: QuantizeOptions,
  signature: string,
  context: JobContext,
): Promise<QuantizeOutcome> {
  const { model, output, force } = options;
  const called = chooseSignature(model, signature, context.scratch);
  const note = `What the signature ${signature} calls was quantized.`;
  if (called.graph === 0) {
    const outcome = await quantize(options, context);
    const { report } = outcome;
    return { ...outcome, report: { ...report, warnings: [note, ...report.warnings] } };
  }
  const file = openComplete(model);
  try {
    const data = [options.calibration, options.validation].filter((one) => one !== null);
    const writing = { inputs: [...inputFiles(file), ...data.flatMap(filesOfData)], force };
    checkTargets({ targets: [output], ...writing });
    // Apart from the copy, which errors are not about: they are about the model.
    const scratch = join(context.scratch, 'quantized');
    mkdirSync(scratch);
    const made = join(scratch, basename(output));
    const outcome = await quantize({ ...options, model: called.path, output: made }, { ...context, scratch });
    const restored = (path: string, folder: string) => {
      mkdirSync(join(context.scratch, folder));
      const target = join(context.scratch, folder, basename(output));
      const own = openComplete(path);
      try {
        present(file.format.restoreGraphs, 'writer of graphs')(file, own, called.graph, target);
      } finally {
        own.close();
      }
      return target;
    };
    const found = inModel(outcome.report, called, model);
    const report = { ...found, output, warnings: [note, ...found.warnings] };
    if (outcome.status === 'written') {
      place(restored(made, 'restored'), [], output, writing);
      return { status: 'written', report };
    }
    const { reason, candidates } = outcome;
    return {
      status: 'refused',
      reason,
      report,
      candidates: {
        quantized: restored(candidates.quantized, 'restored'),
        cleaned: restored(candidates.cleaned, 'restored-cleaned'),
      },
    };
  } catch (error) {
    throw saidOfModel(error, called.path, model);
  } finally {
    file.close();
  }
}

/** A report about a copy, as one about the model, in which its layers are those of another graph than the main one. */
function inModel(found: QuantizeReport, { path, graph }: SignatureFile, model: string): QuantizeReport {
  const report = inGraphs(found, { before: graph, after: graph });
  const { sensitivity, search } = report;
  const inGraph = <L extends { id: string }>(layers: readonly L[]) =>
    layers.map((layer) => ({ ...layer, id: idInGraph(graph, layer.id) }));
  return {
    ...report,
    input: model,
    warnings: report.warnings.map((warning) => warning.replaceAll(path, model)),
    ...(sensitivity && { sensitivity: inGraph(sensitivity) }),
    ...(search && {
      search: {
        ...search,
        candidates: search.candidates.map((one) => ({ ...one, kept: inGraph(one.kept) })),
        ...(search.sensitivity && { sensitivity: inGraph(search.sensitivity) }),
      },
    }),
  };
}
