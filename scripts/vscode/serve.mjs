// VS Code in a browser with this extension installed and the sample model in front.
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { OPENER, ROOT, SAMPLE_FOLDER } from '../setup.mjs';
import { makeState, startServer, workbenchAddress } from './server.mjs';

/** @returns address of the page, and a promise that settles when the server has ended */
export async function serveSample() {
  const state = makeState();
  const extensions = path.join(state, 'extensions');
  mkdirSync(extensions, { recursive: true });
  // Links instead of copies: what is built next is what a reloaded page shows.
  symlinkSync(ROOT, path.join(extensions, 'model-caliper'), 'dir');
  symlinkSync(OPENER, path.join(extensions, 'model-caliper-opener'), 'dir');
  const server = await startServer({ state, extensions });
  return { url: workbenchAddress(server.address, SAMPLE_FOLDER), ...server };
}
