import path from 'node:path';
import * as vscode from 'vscode';
import { measuringBudgets } from '../../jobs/measureBudgets';
import { countLimits } from '../../protocol/budgets';
import type { App } from '../app';
import { measureSettings } from '../settings';
import { inform, warn } from '../telling/notifications';

/** As the terminal has it: the same inputs every time. */
const SEED = 0;

/** Runs what the limits of all budgets need, one model after the other, and checks the budgets with that. */
export async function measureBudgets(app: App): Promise<void> {
  await app.budgets.check();
  let cancelled = false;
  const jobs = measuringBudgets(
    {
      profile: async (options) => {
        const title = `Measuring ${path.basename(options.model)} for its budget`;
        const report = await app.jobs.run({ kind: 'profile', options, title, send });
        cancelled ||= report === null;
        return report;
      },
      compare: async (options) => {
        const title = `Measuring ${path.basename(options.models.at(-1) ?? '')} for its budget`;
        const report = await app.jobs.run({ kind: 'compare', options, title, send });
        cancelled ||= report === null;
        return report;
      },
    },
    { ...measureSettings(), seed: SEED },
  );
  for (const request of app.budgets.wanted) {
    const figures = await jobs(request);
    if (cancelled) return;
    if (figures !== null) app.budgets.remember(request, figures);
  }
  await app.budgets.check();
  await tellBudgets(app);
}

/** Pages show what comes of it, not how far it is. */
function send(): void {}

/** Says in a sentence how all budgets of the workspace are kept. */
export async function tellBudgets(app: App): Promise<void> {
  const { outcomes } = app.budgets;
  if (outcomes.size === 0) return inform('There is no caliper.json in this workspace, which budgets are in.');
  const models = [...outcomes.values()].flatMap((one) => ('report' in one ? one.report.models : []));
  const { over, unknown, unmeasured, fits } = countLimits(models);
  const mistakes = [...outcomes.values()].filter((one) => 'mistake' in one).length;
  const parts = [
    over > 0 ? `${over} over` : '',
    unknown > 0 ? `${unknown} cannot be checked` : '',
    unmeasured > 0 ? `${unmeasured} not measured` : '',
    mistakes > 0 ? `${mistakes} files with a mistake` : '',
    `${fits} fit`,
  ];
  const sentence = `Budgets of models: ${parts.filter((part) => part !== '').join(', ')}.`;
  if (over + unknown + mistakes === 0) return inform(sentence);
  const show = 'Show Problems';
  if ((await warn(sentence, show)) === show)
    await vscode.commands.executeCommand('workbench.actions.view.problems');
}
