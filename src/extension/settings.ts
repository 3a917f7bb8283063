import * as vscode from 'vscode';
import type { MeasureOptions } from '../protocol/options';

/** How the user wants measurements made. */
export function measureSettings(): MeasureOptions {
  const settings = vscode.workspace.getConfiguration('caliper');
  return { threads: settings.get('threads', 1), runs: settings.get('runs', 30) };
}

export function calibrationSamples(): number {
  return vscode.workspace.getConfiguration('caliper').get('calibrationSamples', 100);
}
