import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { manifestOf, modelPath } from '../files/packages';
import { fileName } from '../files/targets';
import { MODEL_VIEW } from '../model/openModels';
import type { RecentModels } from './recentModels';
import { variantsOf } from './variants';

/** A model of the view: one that was opened, or a variant of one. */
export interface ModelItem {
  readonly uri: vscode.Uri;
  /** The model that it is a variant of. */
  readonly of: vscode.Uri | null;
}

/** Recent models, and under each what lies beside it under the same name. */
export class ModelsView implements vscode.TreeDataProvider<ModelItem> {
  readonly onDidChangeTreeData: vscode.Event<void>;

  constructor(private readonly recent: RecentModels) {
    this.onDidChangeTreeData = recent.onDidChange;
  }

  async getTreeItem({ uri, of }: ModelItem): Promise<vscode.TreeItem> {
    const variants = of === null ? await siblings(uri) : [];
    const item = new vscode.TreeItem(
      fileName(uri),
      variants.length === 0
        ? vscode.TreeItemCollapsibleState.None
        : vscode.TreeItemCollapsibleState.Collapsed,
    );
    item.resourceUri = vscode.Uri.file(modelPath(uri));
    item.iconPath = new vscode.ThemeIcon(of === null ? 'symbol-structure' : 'git-compare');
    item.description = of === null ? path.basename(path.dirname(modelPath(uri))) : 'variant';
    // Else screen readers would read the whole path.
    item.accessibilityInformation = { label: `${fileName(uri)}, ${item.description}` };
    item.tooltip = modelPath(uri);
    item.contextValue = of === null ? 'model' : 'variant';
    item.command = { command: 'vscode.openWith', title: 'Open', arguments: [uri, MODEL_VIEW] };
    return item;
  }

  async getChildren(item?: ModelItem): Promise<ModelItem[]> {
    if (item === undefined) return this.recent.models.map((uri) => ({ uri, of: null }));
    return (await siblings(item.uri)).map((uri) => ({ uri, of: item.uri }));
  }
}

/** None where the folder is gone. */
async function siblings(uri: vscode.Uri): Promise<vscode.Uri[]> {
  const file = modelPath(uri);
  const folder = path.dirname(file);
  const names = await readdir(folder).catch(() => []);
  return variantsOf(path.basename(file), names).map((name) =>
    manifestOf(vscode.Uri.file(path.join(folder, name))),
  );
}
