import { dirname } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { checkBudgets } from '../budgets/check';
import { readBudgets } from '../budgets/config';
import { FiguresMemory } from '../budgets/figuresMemory';
import type { MeasureRequest } from '../budgets/measured';
import { ConfigError } from '../budgets/syntax';
import { adviseModel } from '../protocol/advice/advise';
import { answer, type Request } from '../protocol/rpc';
import { adviceFacts } from './adviceFacts';
import type { BudgetOutcome, BudgetQuestion, BudgetRequests } from './budgetProtocol';
import { sentError } from './sentErrors';

/** Answers questions about budgets, one after the other. */
export function answerBudgets(port: MessagePort): void {
  port.on('message', (request: Request<BudgetRequests>) =>
    answer<BudgetRequests>(
      request,
      (_, question) => check(question),
      (response) => port.postMessage(response),
      sentError,
    ),
  );
}

async function check({ config, memory, measured, committed }: BudgetQuestion): Promise<BudgetOutcome> {
  const known = new Map(measured.map(([request, figures]) => [JSON.stringify(request), figures]));
  const wanted: MeasureRequest[] = [];
  const copies = new Map(committed);
  const growing = new Set<string>();
  try {
    const report = await checkBudgets(readBudgets(config), {
      base: dirname(config),
      files: null,
      shard: null,
      memory: new FiguresMemory(memory),
      advise: (file, analysis) => {
        const facts = adviceFacts(file, analysis);
        return adviseModel({
          report: analysis.report,
          layers: analysis.rows,
          facts,
          profile: null,
          device: null,
        });
      },
      against: {
        revision: 'HEAD',
        commit: 'HEAD',
        copy: async (model) => {
          growing.add(model);
          return copies.get(model) ?? { why: 'what HEAD has of it is being read.' };
        },
      },
      measure: async (request) => {
        const figures = known.get(JSON.stringify(request)) ?? null;
        if (figures === null) wanted.push(request);
        return figures;
      },
    });
    return { report, wanted, growing: [...growing] };
  } catch (error) {
    if (error instanceof ConfigError) return { mistake: { message: error.message, at: error.at } };
    throw error;
  }
}
