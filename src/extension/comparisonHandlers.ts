import path from 'node:path';
import * as vscode from 'vscode';
import type { ComparisonPage } from '../protocol/page';
import type { App } from './app';
import type { Handlers } from './channel';
import { saveText } from './dialogs';
import { sharedHandlers } from './sharedHandlers';

/** What a comparison's page may ask. */
export function comparisonHandlers(app: App, load: () => Promise<ComparisonPage>): Handlers {
  return {
    ...sharedHandlers(app),
    comparison: load,
    save: async ({ name, text }) => {
      const { comparison } = await load();
      return saveText(vscode.Uri.file(path.dirname(comparison.output)), name, text);
    },
  };
}
