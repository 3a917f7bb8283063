import { linkLayers } from '../analysis/details';
import type { Analysis } from '../analysis/inspect';
import { nodeHover, RowIndex, tensorHover } from '../analysis/textHover';
import type { ModelFile } from '../formats/format';
import type { Graph } from '../model/model';
import { folds } from '../onnxtxt/folding';
import { graphsOf } from '../onnxtxt/graphs';
import { Lines } from '../onnxtxt/lines';
import { outline } from '../onnxtxt/outline';
import { type ParsedText, parseText } from '../onnxtxt/parser';
import type { Mention, NodePlace, Span } from '../onnxtxt/places';
import { printedText } from '../onnxtxt/printed';
import { defines, Symbols } from '../onnxtxt/symbols';
import type { TextModel } from '../onnxtxt/syntax';
import type { DimensionOptions } from '../protocol/options';
import type {
  TextHover,
  TextNames,
  TextPosition,
  TextProblem,
  TextRange,
  TextSymbol,
} from '../protocol/text';

/** The model that the text is of. */
export interface TextSource {
  file(): ModelFile;
  analyze(choice: DimensionOptions): Analysis;
}

/** A text and what was found in it. */
interface Known {
  readonly parsed: ParsedText;
  readonly lines: Lines;
  readonly symbols: Symbols;
}

/** Answers what an editor asks of a model's text, or of a text that states a model. */
export class ReadingText {
  private source = '';
  private known: Known | null = null;
  /** By place of a graph in the text. */
  private graphs: (Graph | null)[] | null = null;
  private readonly rows = new WeakMap<Analysis, RowIndex>();

  constructor(private readonly model: TextSource) {}

  print(choice: DimensionOptions): string {
    this.take(printedText(this.model.file().text()));
    this.prepare(choice);
    return this.source;
  }

  /** @param use is given the model that the new text states. */
  replace(source: string, use: (stated: TextModel) => void): TextProblem[] {
    this.take(source);
    const { parsed } = this.read();
    use(parsed.model);
    return parsed.places.problems.map(({ message, ...span }) => ({ message, range: this.range(span) }));
  }

  outline(): TextSymbol[] {
    const { parsed, lines } = this.read();
    return outline(parsed.places, lines);
  }

  folds(): [number, number][] {
    const { parsed, lines } = this.read();
    return folds(parsed.places, lines);
  }

  names(at: TextPosition): TextNames | null {
    const { symbols, lines } = this.read();
    const offset = lines.offset(at);
    const called = symbols.functionAt(offset);
    if (called) return { definition: this.range(called.name), mentions: [] };
    const mentions = symbols.mentionsAt(offset);
    if (mentions.length === 0) return null;
    const definition = mentions.find(defines);
    return {
      definition: definition ? this.range(definition) : null,
      mentions: mentions.map((mention) => ({ range: this.range(mention), writes: defines(mention) })),
    };
  }

  hover(choice: DimensionOptions, at: TextPosition): TextHover | null {
    const { symbols, lines } = this.read();
    const offset = lines.offset(at);
    const mention = symbols.mentionAt(offset);
    const node = symbols.nodeAt(offset);
    if (mention && mention.role !== 'function') return this.tensorHover(choice, mention);
    if (node === null || node.position < 0) return null;
    const analysis = this.model.analyze(choice);
    const rows = this.rowIndex(analysis);
    const row = rows.row(this.graphOf(node.graph), node.position);
    const name = { name: node.label, op: node.domain === '' ? node.op : `${node.domain}.${node.op}` };
    return { range: this.range(node), ...nodeHover(analysis, rows, row, name) };
  }

  ofRow(choice: DimensionOptions, row: number): TextRange | null {
    const entry = this.model.analyze(choice).nodes[row];
    if (entry === undefined) return null;
    const { parsed } = this.read();
    const graph = this.graphList().indexOf(entry.graph.inferred.graph);
    const place = parsed.places.nodes.find((one) => one.graph === graph && one.position === entry.position);
    return place ? this.range(place) : null;
  }

  private tensorHover(choice: DimensionOptions, mention: Mention): TextHover {
    const { symbols, parsed } = this.read();
    const analysis = this.model.analyze(choice);
    const rows = this.rowIndex(analysis);
    const places = parsed.places.nodes;
    const mentions = symbols.mentionsAt(mention.start);
    const definition = mentions.find(defines) ?? mention;
    const rowOf = (index: number | null) => {
      const place: NodePlace | undefined = places[index ?? -1];
      return place ? rows.row(this.graphOf(place.graph), place.position) : null;
    };
    const users = mentions.flatMap(({ role, node }) => (role === 'taken' ? (rowOf(node) ?? []) : []));
    const hover = tensorHover(
      this.model.file(),
      analysis,
      rows,
      mention.name,
      rows.entered(this.graphOf(definition.graph)),
      { giver: definition.role === 'given' ? rowOf(definition.node) : null, users: [...new Set(users)] },
    );
    return { range: this.range(mention), ...hover };
  }

  /**
   * Once the text is shown somebody will point at it: what is then asked for is found meanwhile, step by step, so that
   * who asks earlier waits for one step only.
   */
  private prepare(choice: DimensionOptions): void {
    const { source } = this;
    const steps = [
      () => this.read(),
      () => this.model.analyze(choice),
      () => this.rowIndex(this.model.analyze(choice)),
      () => linkLayers(this.model.analyze(choice)),
    ];
    const next = () => {
      if (source !== this.source) return;
      try {
        steps.shift()?.();
      } catch {
        // Whoever asks is told; an error here would end the thread.
        return;
      }
      if (steps.length > 0) setImmediate(next);
    };
    setImmediate(next);
  }

  private take(source: string): void {
    this.source = source;
    this.known = null;
    this.graphs = null;
  }

  private read(): Known {
    this.known ??= {
      ...withSymbols(parseText(this.source)),
      lines: new Lines(this.source),
    };
    return this.known;
  }

  private rowIndex(analysis: Analysis): RowIndex {
    let index = this.rows.get(analysis);
    if (index === undefined) {
      index = new RowIndex(analysis);
      this.rows.set(analysis, index);
      this.graphList();
    }
    return index;
  }

  private graphOf(place: number): Graph | null {
    return this.graphList()[place] ?? null;
  }

  /** A text and its model define their graphs in the same order, a text that could be read in part fewer of them. */
  private graphList(): (Graph | null)[] {
    if (this.graphs === null) {
      const graphs: (Graph | null)[] = [];
      const inModel = graphsOf(this.model.file().text());
      for (const { place } of graphsOf(this.read().parsed.model)) {
        const next = inModel.next();
        if (next.done) break;
        if (place !== undefined) graphs[place] = next.value.graph ?? null;
      }
      this.graphs = graphs;
    }
    return this.graphs;
  }

  private range({ start, end }: Span): TextRange {
    const { lines } = this.read();
    return { start: lines.position(start), end: lines.position(end) };
  }
}

function withSymbols(parsed: ParsedText): Omit<Known, 'lines'> {
  return { parsed, symbols: new Symbols(parsed.places) };
}
