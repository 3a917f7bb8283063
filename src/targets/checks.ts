import type { ModelFile } from '../formats/format';
import type { ValueInfo } from '../model/model';
import type { Usage } from '../model/usage';
import { type CheckReport, CONTRACT_VERSION, type RuleReport } from '../protocol/reports';
import type { Target } from './target';

/** Something that is asked of a model as a whole. */
export interface Rule {
  readonly id: string;
  /** What it asks for, in a few words. */
  readonly title: string;
  check(subject: Subject): Finding;
}

export type Finding = Pick<RuleReport, 'status' | 'reason' | 'fix'>;

/** What rules look at. */
export interface Subject {
  /** Id of the format, and its name for people. */
  readonly format: string;
  readonly formatName: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Operators of the main graph. */
  readonly ops: ReadonlySet<string>;
  /** null: the file says nothing of it. */
  readonly usage: Usage | null;
  /** Of everything that belongs to it. */
  readonly bytes: number;
}

/** Every rule of a target, in its order. Nothing is run; of the weights nothing is read. */
export function check(file: ModelFile, target: Target): CheckReport {
  const { graph } = file.model;
  const subject: Subject = {
    format: file.format.id,
    formatName: file.format.name,
    inputs: graph.inputs,
    outputs: graph.outputs,
    ops: new Set(graph.nodes.map(({ op }) => op)),
    usage: file.usage?.() ?? null,
    bytes: file.model.externalFiles.reduce((sum, { bytes }) => sum + (bytes ?? 0), file.model.fileBytes),
  };
  return {
    version: CONTRACT_VERSION,
    file: file.model.file,
    target: target.id,
    targetName: target.name,
    rules: target.rules.map((rule) => ({ rule: rule.id, title: rule.title, ...rule.check(subject) })),
  };
}

/** The requirement is met. */
export function pass(reason: string): Finding {
  return { status: 'pass', reason };
}

/** The requirement is not met; `fix` says what to do. */
export function fail(reason: string, fix: string): Finding {
  return { status: 'fail', reason, fix };
}

/** The file does not say whether the requirement is met. */
export function unknown(reason: string, fix?: string): Finding {
  return { status: 'unknown', reason, ...(fix !== undefined && { fix }) };
}

/**
 * Sizes of all inputs are fixed before a run. A file may leave some open and state sizes for them all the same.
 * @param stated what is known of such a file
 */
export function fixedInputs(stated: 'pass' | 'unknown'): Rule {
  const fix = 'Convert the model with fixed sizes, a batch of 1 among them.';
  return {
    id: 'sizes',
    title: 'Fixed input sizes',
    check: ({ inputs }) => {
      const flexible = inputs.filter(({ declaredShape }) =>
        declaredShape?.some((size) => typeof size !== 'number'),
      );
      if (flexible.length === 0) return pass('They are fixed.');
      const names = flexible.map(({ name }) => name).join(', ');
      if (flexible.some(({ statedShape }) => statedShape === undefined))
        return fail(`Sizes of ${names} are open.`, fix);
      return stated === 'pass'
        ? pass(`The file states sizes for ${names}.`)
        : unknown(`Sizes of ${names} are open, and the file states some for them.`, fix);
    },
  };
}
