import path from 'node:path';
import * as vscode from 'vscode';
import { formatBytes, formatMs } from '../../protocol/numbers';
import type { ProfileReport } from '../../protocol/reports';
import { RowLatencies } from '../../source/linking/latency';
import { type LinkedModel, linkedMarkdown } from '../../source/linking/linkedMarkdown';
import { isAmbiguous } from '../../source/linking/linkModule';
import { plain } from '../../source/linking/markdown';
import type { Ambiguity, ModuleLink } from '../../source/linking/moduleLink';
import { compareLinks } from '../../source/linking/rank';
import type { LayerCall, SourceClass, SourceFile, SourceModule } from '../../source/sourceFile';
import { type App, readerScript } from '../app';
import { type IndexedModel, ModelIndexes } from './modelIndexes';
import { isLinking, namedModels } from './namedModels';
import { SourceLinks } from './sourceLinks';

/** Models of one module that are told above its class: the float one and a quantized one. */
const LENS_MODELS = 2;
/** Modules of one constructor that a hover tells of: a class that is made with other arguments is another one. */
const HOVER_MODULES = 3;

/** Tells hovers and lenses what the workspace's models hold of a source's layers. */
export class Linking implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** More is known than was answered. */
  readonly onDidChange = this.changed.event;
  private readonly indexes: ModelIndexes;
  private readonly links = new SourceLinks(() => this.changed.fire());
  private readonly latencies = new WeakMap<ProfileReport, RowLatencies>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly app: App) {
    this.indexes = new ModelIndexes(readerScript(app.context), app.log);
    this.subscriptions = [
      this.indexes,
      this.changed,
      this.indexes.onDidChange(() => this.changed.fire()),
      app.measurements.onDidChange(() => this.changed.fire()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('caliper.python')) this.changed.fire();
      }),
    ];
  }

  /** What is known by now of the layers that a constructor makes; null where no model says anything of them. */
  async hover(
    document: vscode.TextDocument,
    file: SourceFile,
    call: LayerCall,
  ): Promise<vscode.MarkdownString | null> {
    const names = new Set(call.instances.map(({ module }) => module));
    const modules = file.modules.filter(({ name }) => names.has(name));
    const parts: string[] = [];
    for (const module of modules) {
      const { models, ambiguous } = await this.find(document, module);
      const text = linkedMarkdown(call, module.name, models) ?? ambiguousText(ambiguous);
      if (text !== null) parts.push(text);
      if (parts.length === HOVER_MODULES) break;
    }
    if (parts.length === 0) return null;
    const markdown = new vscode.MarkdownString(parts.join('\n\n'));
    // Names in it come from files: they may open a model's page and do nothing else.
    markdown.isTrusted = { enabledCommands: ['caliper.reveal'] };
    return markdown;
  }

  /** The models of a class, for above its definition. */
  async lenses(
    document: vscode.TextDocument,
    file: SourceFile,
    cls: SourceClass,
  ): Promise<vscode.CodeLens[]> {
    const module = file.modules.find(({ madeBy }) => madeBy === cls.name);
    if (module === undefined) return [];
    const { models } = await this.find(document, module);
    const { start, end } = cls.range;
    const range = new vscode.Range(start.line, start.character, end.line, end.character);
    return models.slice(0, LENS_MODELS).map((model) => {
      const title = lensTitle(model);
      const uri = vscode.Uri.parse(model.uri);
      return new vscode.CodeLens(range, {
        title,
        command: 'caliper.open',
        arguments: [uri],
        tooltip: model.label,
      });
    });
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }

  private async find(
    document: vscode.TextDocument,
    module: SourceModule,
  ): Promise<{ models: LinkedModel[]; ambiguous: { label: string; places: Ambiguity }[] }> {
    const candidates = this.candidates(document);
    const found = this.links.of(
      module,
      candidates.map(({ index }) => index),
    );
    const linked: { model: IndexedModel; link: ModuleLink }[] = [];
    const ambiguous: { label: string; places: Ambiguity }[] = [];
    for (const model of candidates) {
      const link = found.get(model.index) ?? null;
      if (link === null) continue;
      if (isAmbiguous(link)) ambiguous.push({ label: labelOf(model.uri), places: link });
      else linked.push({ model, link });
    }
    linked.sort((a, b) => compareLinks(a.link, b.link));
    const models = await Promise.all(
      linked.map(async ({ model: { uri }, link }) => {
        const report = await this.app.measurements.load(uri.fsPath);
        return {
          uri: uri.toString(),
          label: labelOf(uri),
          link,
          latencies: report && this.latenciesOf(report),
        };
      }),
    );
    return { models, ambiguous };
  }

  /** Those that the user named for the source, else all of the workspace, the nearest first. */
  private candidates(document: vscode.TextDocument): readonly IndexedModel[] {
    if (!isLinking(document)) return [];
    const { models } = this.indexes;
    const named = namedModels(document);
    if (named.length > 0) {
      for (const uri of named) this.indexes.want(uri);
      const wanted = new Set(named.map(String));
      return models.filter(({ uri }) => wanted.has(uri.toString()));
    }
    const folder = path.dirname(document.uri.fsPath);
    const distance = ({ uri }: IndexedModel) => path.relative(folder, uri.fsPath).split(path.sep).length;
    return models.toSorted((a, b) => distance(a) - distance(b));
  }

  private latenciesOf(report: ProfileReport): RowLatencies {
    let latencies = this.latencies.get(report);
    if (latencies === undefined) {
      latencies = new RowLatencies(report);
      this.latencies.set(report, latencies);
    }
    return latencies;
  }
}

/** The path in the workspace; of a package the package's. */
function labelOf(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri).replace(/\.mlpackage\/Manifest\.json$/, '.mlpackage');
}

function lensTitle({ label, link, latencies }: LinkedModel): string {
  const { weightType, parameterBytes } = link.index;
  const latency = latencies ? formatMs(latencies.report.latencyMs.median) : 'not measured';
  return `${path.basename(label)}: ${weightType ?? ''} ${formatBytes(parameterBytes)}, ${latency}`;
}

function ambiguousText(found: readonly { label: string; places: Ambiguity }[]): string | null {
  const [first] = found;
  if (first === undefined) return null;
  const places = first.places.places.slice(0, 4).map((place) => (place === '' ? 'its root' : plain(place)));
  return `Fits several places of ${plain(first.label)} equally well (${places.join(', ')} …), so none is shown.`;
}
