import * as vscode from 'vscode';
import {
  formatBytes,
  formatCount,
  formatInteger,
  formatMs,
  formatPercent,
  formatShape,
} from '../../protocol/numbers';
import type { LayerRow, TensorStatistics } from '../../protocol/page';
import type { ProfileReport, QuantizationReport } from '../../protocol/reports';
import type { LayerLink, NodeHover, TensorHover, TextHover } from '../../protocol/text';
import { escapeMarkdown } from '../../python/hover/markdown';

/** Attributes that a hover lists; the line under the mouse has all of them. */
const MAX_ATTRIBUTES = 12;
/** Characters of an attribute's value. */
const MAX_VALUE = 60;

/** What a hover says of a node or tensor of a text. With a model of its own, layers are links to its page. */
export function hoverText(
  hover: TextHover,
  model: vscode.Uri | null,
  profile: ProfileReport | null,
): vscode.MarkdownString {
  const link = ({ name, id }: LayerLink) => rowLink(name, id, model);
  const paragraphs = hover.kind === 'node' ? nodeText(hover, link, profile) : tensorText(hover, link);
  const row = hover.kind === 'node' ? (hover.layer?.id ?? null) : null;
  if (row !== null && model !== null) paragraphs.push(rowLink('Show on the page of the model', row, model));
  const markdown = new vscode.MarkdownString(paragraphs.filter((text) => text !== '').join('\n\n'));
  // Names come from files that strangers made: they are escaped, and could run nothing but this all the same.
  markdown.isTrusted = { enabledCommands: ['caliper.reveal'] };
  return markdown;
}

type Link = (layer: LayerLink) => string;

function nodeText(hover: NodeHover, link: Link, profile: ProfileReport | null): string[] {
  const { name, op, layer, details, producers, consumers, consumerCount } = hover;
  const costs = layer === null ? [] : costsOf(layer, latency(layer, profile));
  const attributes = (details?.attributes ?? [])
    .slice(0, MAX_ATTRIBUTES)
    .map((one) => `${escapeMarkdown(one.name)} = ${escapeMarkdown(shortened(one.value))}`);
  return [
    `**${escapeMarkdown(name)}** — ${escapeMarkdown(op)}`,
    costs.join(' · '),
    attributes.join(' · '),
    producers.length > 0 ? `from ${producers.map(link).join(', ')}` : '',
    consumersText(consumers, consumerCount, link),
    ...(details?.problems ?? []).map(({ message }) => `⚠ ${escapeMarkdown(message)}`),
  ];
}

function costsOf(layer: NonNullable<NodeHover['layer']>, measured: string | null): string[] {
  const { parameters, parameterBytes, outputs, activationBytes, macs, elementOps, shared } = layer;
  const [output] = outputs;
  return [
    ...(parameters !== 0
      ? [
          `${formatInteger(parameters)} parameters${shared ? ' (shared)' : ''}, ${formatBytes(parameterBytes)}`,
        ]
      : []),
    ...(output
      ? [`output ${escapeMarkdown(`${output.type ?? 'of unknown type'} ${formatShape(output.shape)}`)}`]
      : []),
    activationBytes === null ? 'activation bytes unknown' : `${formatBytes(activationBytes)} of activations`,
    ...(macs === null ? ['MACs unknown'] : macs > 0 ? [`${formatCount(macs)} MACs`] : []),
    ...(macs === 0 && elementOps ? [`${formatCount(elementOps)} element operations`] : []),
    ...(measured === null ? [] : [measured]),
  ];
}

/** As the last profile measured it; null where there is none. */
function latency(row: LayerRow, profile: ProfileReport | null): string | null {
  const layer = profile?.layers.find(({ id }) => id === row.id);
  if (layer === undefined) return null;
  if (layer.medianMs === null)
    return layer.fusedInto ? `measured in ${escapeMarkdown(layer.fusedInto)}` : null;
  return `**${formatMs(layer.medianMs)}** (${formatPercent(layer.share)})`;
}

function tensorText(hover: TensorHover, link: Link): string[] {
  const { name, tensor, bytes, stored, statistics, producer, consumers, consumerCount } = hover;
  const declared = tensor?.declaredShape;
  const differs = declared && formatShape(declared) !== formatShape(tensor?.shape);
  const facts = [
    escapeMarkdown(tensor?.type ?? 'type unknown'),
    escapeMarkdown(tensor?.shape ? formatShape(tensor.shape) : 'shape unknown'),
    ...(differs ? [`declared ${escapeMarkdown(formatShape(declared))}`] : []),
    ...(bytes === null ? [] : [formatBytes(bytes)]),
    ...(stored ? ['stored in the model'] : []),
    ...(tensor?.quantization ? [quantizationText(tensor.quantization)] : []),
  ];
  return [
    `**${escapeMarkdown(name)}**`,
    facts.join(' · '),
    statistics === null ? '' : statisticsText(statistics),
    producer === null ? '' : `from ${link(producer)}`,
    consumersText(consumers, consumerCount, link),
  ];
}

function consumersText(consumers: readonly LayerLink[], count: number, link: Link): string {
  if (consumers.length === 0) return '';
  const more = count > consumers.length ? ` and ${formatInteger(count - consumers.length)} more` : '';
  return `to ${consumers.map(link).join(', ')}${more}`;
}

function statisticsText({ elements, read, min, max, mean, std, zeros, nonFinite }: TensorStatistics): string {
  if (read === 0) return '';
  const parts = [
    min === null ? '' : `${digits(min)} … ${digits(max)}`,
    mean === null ? '' : `mean ${digits(mean)}`,
    std === null ? '' : `std ${digits(std)}`,
    `${formatPercent(zeros / read)} zeros`,
    nonFinite > 0 ? `${formatInteger(nonFinite)} not finite` : '',
    read < elements ? `of the first ${formatInteger(read)} of ${formatInteger(elements)} elements` : '',
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

function digits(value: number | null): string {
  return value === null ? '' : escapeMarkdown(String(Number(value.toPrecision(4))));
}

function quantizationText({ scales, scale, zeroPoint, axis }: QuantizationReport): string {
  if (scale !== null) return `scale ${digits(scale)}, zero point ${digits(zeroPoint ?? 0)}`;
  return `${scales ?? ''} scales${axis === null ? '' : ` along axis ${axis}`}`.trim();
}

/** A link to a row of the model's page; only the name where there is no page. */
function rowLink(name: string, row: string, model: vscode.Uri | null): string {
  if (model === null) return escapeMarkdown(name);
  const query = encodeURIComponent(JSON.stringify([model.toString(), row]));
  return `[${escapeMarkdown(name)}](command:caliper.reveal?${query})`;
}

function shortened(text: string): string {
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)}…`;
}
