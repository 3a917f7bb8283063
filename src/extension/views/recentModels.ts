import * as vscode from 'vscode';

const KEY = 'recentModels';
/** More than fit into the view at once. */
const KEPT = 20;

/** The models that were opened last, in every workspace; the latest first. */
export class RecentModels {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly memory: vscode.Memento) {}

  get models(): vscode.Uri[] {
    const kept = this.memory.get<unknown>(KEY);
    if (!Array.isArray(kept)) return [];
    return kept.filter((text) => typeof text === 'string').map((text) => vscode.Uri.parse(text));
  }

  /** Files alone: what is on no disk has no place to come back to. */
  async add(model: vscode.Uri): Promise<void> {
    if (model.scheme === 'file') await this.keep([model, ...this.without(model)]);
  }

  async remove(model: vscode.Uri): Promise<void> {
    await this.keep(this.without(model));
  }

  private without(model: vscode.Uri): vscode.Uri[] {
    return this.models.filter((one) => one.toString() !== model.toString());
  }

  private async keep(models: readonly vscode.Uri[]): Promise<void> {
    await this.memory.update(
      KEY,
      models.slice(0, KEPT).map((model) => model.toString()),
    );
    this.changed.fire();
  }
}
