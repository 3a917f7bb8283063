import * as vscode from 'vscode';

/** How long the other side of a comparison may be under way, in ms. */
const PATIENCE = 20_000;

interface Side {
  readonly uri: vscode.Uri;
  readonly panel: vscode.WebviewPanel;
  /** Shows this side alone, where nothing comes of the comparison. */
  show(): Promise<void>;
}

/**
 * The editor's own comparisons of files, such as a click on a changed file in Source Control, show two custom editors
 * side by side. Neither is told of the other: they are resolved one after the other, the original first, while the tab
 * in front is of a kind that has no name.
 */
export class DiffSides {
  private first: { side: Side; timer: NodeJS.Timeout } | null = null;

  /**
   * @param compare shows two models another way
   * @param failed is told why that did not work; both are then shown side by side
   */
  constructor(
    private readonly compare: (
      before: vscode.Uri,
      after: vscode.Uri,
      column: vscode.ViewColumn,
    ) => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Whether the side belongs to a comparison, which takes its place as soon as both are there. */
  take(side: Side): boolean {
    if (tabOf(side.panel) === undefined) return false;
    const before = this.first;
    this.forget();
    if (before === null || before.side.panel.viewColumn !== side.panel.viewColumn) {
      if (before !== null) void before.side.show();
      // One that never gets a second side is shown as it is.
      const timer = setTimeout(() => {
        this.forget();
        void side.show();
      }, PATIENCE);
      side.panel.onDidDispose(() => {
        if (this.first?.side === side) this.forget();
      });
      this.first = { side, timer };
      return true;
    }
    if (before.side.uri.toString() === side.uri.toString()) {
      // An editor that was split within its tab.
      void before.side.show();
      return false;
    }
    void this.replace(before.side, side);
    return true;
  }

  private async replace(before: Side, after: Side): Promise<void> {
    const tab = tabOf(after.panel);
    try {
      await this.compare(before.uri, after.uri, after.panel.viewColumn ?? vscode.ViewColumn.Active);
      if (tab) await vscode.window.tabGroups.close(tab, true);
    } catch (error) {
      this.failed(error);
      await Promise.all([before.show(), after.show()]);
    }
  }

  private forget(): void {
    clearTimeout(this.first?.timer);
    this.first = null;
  }
}

/** The tab of a panel that is a part of something else: the one in front, which does not say what it shows. */
function tabOf({ viewColumn }: vscode.WebviewPanel): vscode.Tab | undefined {
  const tab = vscode.window.tabGroups.all.find((group) => group.viewColumn === viewColumn)?.activeTab;
  return tab !== undefined && tab.input === undefined ? tab : undefined;
}
