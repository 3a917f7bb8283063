import * as vscode from 'vscode';
import type { App } from '../app';
import type { Handlers } from './channel';

/** What every page may ask. */
export function sharedHandlers(app: App): Handlers {
  return {
    copy: async ({ text }) => {
      await vscode.env.clipboard.writeText(text);
      return null;
    },
    openModel: async ({ path }) => {
      await app.editor.show(vscode.Uri.file(path));
      return null;
    },
    showLog: async () => {
      app.log.show();
      return null;
    },
  };
}
