import path from 'node:path';
import * as vscode from 'vscode';
import { formatBytes, formatMs } from '../../protocol/numbers';
import type { ProfileReport } from '../../protocol/reports';
import type { SourceLens } from '../../python/hover/lenses';
import { RowLatencies } from '../../python/linking/latency';
import { type LinkedModel, linkedMarkdown } from '../../python/linking/linkedMarkdown';
import { isAmbiguous } from '../../python/linking/linkModule';
import { plain } from '../../python/linking/markdown';
import type { Ambiguity, ModuleLink } from '../../python/linking/moduleLink';
import { ranked } from '../../python/linking/rank';
import type { LayerCall, SourceFile, SourceModule } from '../../python/sourceFile';
import type { App } from '../app';
import { profileFor } from '../model/measurements';
import type { LensLinks } from '../python/codeLens';
import type { PythonSources } from '../python/sources';
import { asText } from '../telling/plainText';
import { type IndexedModel, ModelIndexes } from './modelIndexes';
import { isLinking, namedModels } from './namedModels';
import { SourceLinks } from './sourceLinks';

/** Models of one module that are told above its class: the float one and a quantized one. */
const LENS_MODELS = 2;
/** Modules of one constructor that a hover tells of: a class that is made with other arguments is another one. */
const HOVER_MODULES = 3;

/** Tells hovers and lenses what the workspace's models hold of a source's layers. */
export class Linking implements LensLinks, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** More is known than was answered. */
  readonly onDidChange = this.changed.event;
  private readonly indexes: ModelIndexes;
  private readonly links = new SourceLinks(() => this.changed.fire());
  private readonly latencies = new WeakMap<ProfileReport, RowLatencies>();
  private readonly subscriptions: vscode.Disposable[];

  /** The last reading of each document that was asked about. */
  private readonly files = new Map<string, Promise<SourceFile | null>>();

  constructor(
    private readonly app: App,
    private readonly sources: PythonSources,
  ) {
    this.indexes = new ModelIndexes(app.readerScript, app.log);
    this.subscriptions = [
      this.indexes,
      this.changed,
      this.indexes.onDidChange(() => this.changed.fire()),
      app.measurements.onDidChange(() => this.changed.fire()),
      sources.onDidAnalyze((uri) => this.files.delete(uri.toString())),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.files.delete(uri.toString())),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('caliper.python')) this.changed.fire();
      }),
    ];
  }

  /** What is known by now of the layers that a constructor makes, in Markdown; nothing where no model has them. */
  async sections(document: vscode.TextDocument, call: LayerCall): Promise<string[]> {
    const names = new Set(call.instances.map(({ module }) => module));
    const parts: string[] = [];
    for (const module of await this.modulesOf(document)) {
      if (!names.has(module.name)) continue;
      const { models, ambiguous } = await this.find(document, module);
      const text = linkedMarkdown(call, module.name, models) ?? ambiguousText(ambiguous);
      if (text !== null) parts.push(text);
      if (parts.length === HOVER_MODULES) break;
    }
    return parts;
  }

  /** The models of a module, beside the line above its definition. */
  async commandsFor(document: vscode.TextDocument, { modules }: SourceLens): Promise<vscode.Command[]> {
    const module = (await this.modulesOf(document)).find(({ name }) => modules.includes(name));
    if (module === undefined) return [];
    const { models } = await this.find(document, module);
    return models.slice(0, LENS_MODELS).map((model) => ({
      title: asText(lensTitle(model)),
      tooltip: model.label,
      command: 'caliper.open',
      arguments: [vscode.Uri.parse(model.uri)],
    }));
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }

  private async modulesOf(document: vscode.TextDocument): Promise<readonly SourceModule[]> {
    if (!isLinking(document)) return [];
    const key = document.uri.toString();
    const file = this.files.get(key) ?? this.sources.ask(document, 'file', {});
    this.files.set(key, file);
    const found = await file;
    // It could not be read; the next time it may.
    if (found === null && this.files.get(key) === file) this.files.delete(key);
    return found?.modules ?? [];
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
    const models = await Promise.all(
      ranked(linked).map(async ({ model: { uri }, link }) => {
        // What hovers say of a model is of the sizes that are assumed where nobody chooses any.
        const report = profileFor(await this.app.measurements.load(uri.fsPath), { dims: {}, shapes: {} });
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
