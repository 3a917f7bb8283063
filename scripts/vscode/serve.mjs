// VS Code in a browser with this extension installed and a model in front.
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root.mjs';
import { makeState, startServer, workbenchAddress } from './server.mjs';

/**
 * @param {string} folder to open
 * @param {string} opener folder of the extension that opens the model
 * @returns address of the page, and a promise that settles when the server has ended
 */
export async function serveFolder(folder, opener) {
  const state = makeState();
  const extensions = path.join(state, 'extensions');
  mkdirSync(extensions, { recursive: true });
  // Links instead of copies: what is built next is what a reloaded page shows.
  symlinkSync(ROOT, path.join(extensions, 'model-caliper'), 'dir');
  symlinkSync(opener, path.join(extensions, 'model-caliper-opener'), 'dir');
  const server = await startServer({ state, extensions });
  return { url: workbenchAddress(server.address, folder), ...server };
}
