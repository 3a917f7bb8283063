import path from 'node:path';
import * as vscode from 'vscode';
import type { BudgetOutcome } from '../../jobs/budgetProtocol';
import { type LimitReport, limitSentence, type TextSpan } from '../../protocol/budgets';
import { printable } from '../../protocol/printable';
import { manifestOf } from '../files/packages';

/** Entries of the Problems panel: at the line of the limit, and on the model's file. */
export class BudgetProblems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('caliper budgets');
  /** By the file of budgets: what it says of each file. */
  private readonly of = new Map<string, ReadonlyMap<string, readonly vscode.Diagnostic[]>>();

  /** What a check of a file of budgets found takes the place of what an earlier one did; null: it could not be checked. */
  set(config: vscode.Uri, outcome: BudgetOutcome | null): void {
    const before = this.of.get(config.toString());
    const now = diagnosticsOf(config, outcome);
    this.of.set(config.toString(), now);
    this.show(new Set([...(before?.keys() ?? []), ...now.keys()]));
  }

  forget(config: vscode.Uri): void {
    const before = this.of.get(config.toString());
    this.of.delete(config.toString());
    this.show(before?.keys() ?? []);
  }

  dispose(): void {
    this.collection.dispose();
  }

  /** Several files of budgets may be for one model. */
  private show(files: Iterable<string>): void {
    for (const file of files) {
      const all = [...this.of.values()].flatMap((one) => one.get(file) ?? []);
      this.collection.set(vscode.Uri.parse(file), all);
    }
  }
}

function diagnosticsOf(config: vscode.Uri, outcome: BudgetOutcome | null): Map<string, vscode.Diagnostic[]> {
  const found = new Map<string, vscode.Diagnostic[]>();
  const add = (uri: vscode.Uri, diagnostic: vscode.Diagnostic) => {
    diagnostic.source = 'Model Caliper';
    found.set(uri.toString(), [...(found.get(uri.toString()) ?? []), diagnostic]);
  };
  if (outcome === null) return found;
  if ('mistake' in outcome) {
    const { message, at } = outcome.mistake;
    // The place stands beside it, so it is not said again.
    add(config, new vscode.Diagnostic(rangeOf(at), printable(message.replace(/^[^:]*:\d+:\d+: /, ''))));
    return found;
  }
  for (const { model, limits } of outcome.report.models) {
    const uri = manifestOf(vscode.Uri.file(path.resolve(path.dirname(config.fsPath), model)));
    for (const limit of limits) {
      const severity = severityOf(limit);
      if (severity === null) continue;
      const sentence = printable(limitSentence(limit));
      const help = (limit.help ?? []).map((text) => `\n${printable(text)}`).join('');
      const place = new vscode.Location(config, rangeOf(limit.at));
      const atLimit = new vscode.Diagnostic(place.range, `${printable(model)}: ${sentence}${help}`, severity);
      const onModel = new vscode.Diagnostic(new vscode.Range(0, 0, 0, 0), `${sentence}${help}`, severity);
      onModel.relatedInformation = [new vscode.DiagnosticRelatedInformation(place, 'the limit')];
      for (const one of [atLimit, onModel]) one.code = limit.rule;
      add(config, atLimit);
      // A glob that matches nothing is no file.
      if (limit.rule !== 'model' || !/[*?{[]/.test(model)) add(uri, onModel);
    }
  }
  return found;
}

function severityOf({ status }: LimitReport): vscode.DiagnosticSeverity | null {
  if (status === 'over') return vscode.DiagnosticSeverity.Error;
  return status === 'unknown' ? vscode.DiagnosticSeverity.Warning : null;
}

function rangeOf({ line, column, endLine, endColumn }: TextSpan): vscode.Range {
  return new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
}
