import * as vscode from 'vscode';
import type { DeviceReport } from '../../protocol/devices';
import type { App } from '../app';
import { listDevices } from '../devices';
import { asText } from '../telling/plainText';
import { cannotRun } from '../trust';

/** Where models can be measured; asked when the view is shown, and again when somebody wants that. */
export class DevicesView implements vscode.TreeDataProvider<DeviceReport> {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly app: App) {}

  refresh(): void {
    this.changed.fire();
  }

  getTreeItem({ id, name, model, soc, system, state, problem }: DeviceReport): vscode.TreeItem {
    const item = new vscode.TreeItem(asText(name));
    const known = [model === name ? null : model, soc, system].filter((text) => text !== null);
    item.description = state === 'ready' ? known.join(', ') : state;
    item.tooltip = [id, ...known, problem ?? ''].filter((text) => text !== '').join('\n');
    item.iconPath = new vscode.ThemeIcon(state === 'ready' ? 'device-desktop' : 'warning');
    return item;
  }

  /** None in an untrusted workspace: to ask runs programs. */
  async getChildren(item?: DeviceReport): Promise<DeviceReport[]> {
    if (item !== undefined || cannotRun() !== null) return [];
    return (await listDevices(this.app)).devices;
  }
}
