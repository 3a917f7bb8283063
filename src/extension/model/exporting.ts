import { fileName } from '../files/targets';
import { chooseTarget } from '../telling/dialogs';
import type { ModelView } from './modelView';

/** Saves the table as CSV, with the latencies if the model was profiled, or the report as `caliper inspect --json`. */
export async function exportLayers(view: ModelView, as: 'csv' | 'json'): Promise<void> {
  const { document, choice } = view;
  // A model that cannot be read has nothing to save: nobody is asked where to.
  await document.reader.ask('inputs', null);
  const target = await chooseTarget(document.folder, `${fileName(document.uri)}.layers.${as}`);
  if (target === null) return;
  await document.reader.ask('export', { choice, as, profile: document.profile, target });
}
