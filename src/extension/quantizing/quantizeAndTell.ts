import type { QuantizeOptions } from '../../protocol/options';
import type { QuantizeAnswer } from '../../protocol/page';
import type { App } from '../app';
import type { ModelView } from '../model/modelView';
import { showError } from '../telling/log';
import { warn } from '../telling/notifications';
import { keepCandidate, quantize } from './quantizing';

/** Quantizes for somebody who does not look at the model's page: a refusal is told, and what was built offered. */
export async function quantizeAndTell(
  app: App,
  view: ModelView,
  wish: Partial<QuantizeOptions>,
): Promise<QuantizeAnswer> {
  const answer = await quantize(app, view, wish);
  if (answer.status === 'refused') {
    const keepQuantized = 'Keep int8 All the Same';
    const keepCleaned = 'Keep the Cleaned Float Model';
    // Not awaited by the command: the user may look at the figures first.
    void warn(answer.reason, keepCleaned, keepQuantized).then(async (choice) => {
      if (!choice) return;
      await keepCandidate(app, view, choice === keepQuantized ? 'quantized' : 'cleaned').catch((error) =>
        showError(error, app.log),
      );
    });
  }
  return answer;
}
