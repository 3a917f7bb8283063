import { Reader } from '../../jobs/readerClient';
import type { App } from '../app';

/** Everything that models consist of: nothing of it is ever written over. */
export async function inputsOf(app: App, models: readonly string[]): Promise<string[]> {
  const files = await Promise.all(
    models.map(async (model) => {
      const reader = new Reader(app.readerScript, model);
      try {
        return await reader.ask('inputs', null);
      } catch (error) {
        // It was moved or damaged since it was compared.
        app.log.debug(`${model} cannot be looked at: ${error}`);
        return [model];
      } finally {
        reader.stop();
      }
    }),
  );
  return files.flat();
}
