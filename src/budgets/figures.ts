import { type Analysis, analyze } from '../analysis/inspect';
import type { ModelFile } from '../formats/format';
import type { DimensionOptions } from '../protocol/options';
import { macsByPrecision, type PrecisionMacs } from './precision';
import type { Unit } from './quantities';

/** A figure of a model; where it is not known, the part that is, and why not more. */
export interface Known {
  readonly value: number | null;
  readonly atLeast: number;
  readonly why: string;
}

/** All that budgets ask of a model's file without running it. It does not depend on the limits, so it can be kept. */
export interface ModelFigures {
  readonly fileSize: Known;
  readonly parameters: Known;
  readonly weightBytes: Known;
  readonly bytesByType: Readonly<Record<string, number>>;
  readonly peakActivation: Known;
  readonly arena: Known;
  readonly macs: Known;
  /** How often each is used, in bodies too; `operatorsComplete`: none is hidden. */
  readonly operators: Readonly<Record<string, number>>;
  readonly operatorsComplete: boolean;
  readonly precision: PrecisionMacs;
  readonly opset: Known;
  readonly version: Known;
  /** null: nobody asked for it yet, since all bytes have to be compressed for it. */
  readonly downloadSize: Known | null;
}

/** Figures that a limit in `caliper.json` may name, as it names them. */
export const FIGURES = {
  fileSize: { rule: 'file-size', unit: 'bytes' },
  downloadSize: { rule: 'download-size', unit: 'bytes' },
  parameters: { rule: 'parameters', unit: 'count' },
  weightBytes: { rule: 'weight-bytes', unit: 'bytes' },
  peakActivation: { rule: 'peak-activation', unit: 'bytes' },
  arena: { rule: 'arena', unit: 'bytes' },
  macs: { rule: 'macs', unit: 'count' },
} as const satisfies Record<string, { rule: string; unit: Unit }>;
export type FigureName = keyof typeof FIGURES;

const COUNTED_ELSEWHERE = 'some layers hold weights that are not counted';
const SIZES = 'sizes of some tensors are not known: give the budget "dims" or "shapes"';

/** What the files of an opened model say under a choice of sizes. Reads no weights. */
export function figuresOf(file: ModelFile, choice: DimensionOptions): ModelFigures {
  return figuresOfAnalysis(file, analyze(file, choice));
}

function figuresOfAnalysis(file: ModelFile, analysis: Analysis): ModelFigures {
  const { report, nodes } = analysis;
  const { totals } = report;
  const operators = new Map<string, number>();
  for (const { entry } of nodes) operators.set(entry.node.op, (operators.get(entry.node.op) ?? 0) + 1);
  return {
    fileSize: fileSize(file),
    parameters: known(totals.parameters, totals.knownParameters, COUNTED_ELSEWHERE),
    weightBytes: known(totals.parameterBytes, totals.knownParameterBytes, COUNTED_ELSEWHERE),
    bytesByType: report.bytesByType,
    peakActivation: known(totals.peakActivationBytes, totals.knownPeakActivationBytes, SIZES),
    arena:
      totals.arenaBytes === undefined
        ? unknown(`engines for ${file.format.name} plan no arena ahead: limit "peakActivation" instead`)
        : known(totals.arenaBytes, 0, SIZES),
    macs: known(totals.macs, totals.knownMacs, SIZES),
    operators: Object.fromEntries([...operators].sort(([a], [b]) => (a < b ? -1 : 1))),
    operatorsComplete: totals.nodesAtLeast === undefined,
    precision: macsByPrecision(analysis),
    ...versions(file),
    downloadSize: null,
  };
}

/** A figure that is not known at all. */
export function unknown(why: string): Known {
  return { value: null, atLeast: 0, why };
}

/** A figure, or the part of it that is known. */
export function known(value: number | null, atLeast: number, why: string): Known {
  return { value, atLeast: value ?? atLeast, why: value === null ? why : '' };
}

function fileSize({ model }: ModelFile): Known {
  const missing = model.externalFiles.filter(({ bytes }) => bytes === null).length;
  const sum = model.externalFiles.reduce((all, { bytes }) => all + (bytes ?? 0), model.fileBytes);
  return known(missing > 0 ? null : sum, sum, 'a file with weights is missing beside the model');
}

/** What formats call their versions among the properties of a file. */
const VERSION_PROPERTIES = ['IR version', 'Schema version', 'Specification'];

function versions({ model, format }: ModelFile): Pick<ModelFigures, 'opset' | 'version'> {
  const property = (names: readonly string[]) => model.properties.find(({ name }) => names.includes(name));
  const opset = /(?:^|, )ai\.onnx (\d+)/.exec(property(['Opset'])?.value ?? '')?.[1];
  const version = property(VERSION_PROPERTIES)?.value ?? '';
  return {
    opset:
      opset === undefined
        ? unknown(`the file names no version of ONNX's operator set (it is ${format.name})`)
        : known(Number(opset), 0, ''),
    version: /^\d+$/.test(version) ? known(Number(version), 0, '') : unknown('the file does not state it'),
  };
}
