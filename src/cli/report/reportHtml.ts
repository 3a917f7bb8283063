import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { PAYLOAD_ID, type ReportPayload } from '../../protocol/reportFile';

/** What a report is made of. */
export interface ReportParts extends ReportPayload {
  readonly title: string;
  /** The page's whole script, which asks for no other file. */
  readonly script: string;
}

/**
 * The page as one file that asks for nothing else. Its policy lets nothing run but the one script, by its hash, and no
 * address be asked: what a model holds can neither run nor leave.
 * @throws where the script could not stand in HTML
 */
export function reportHtml({ title, script, data, icons }: ReportParts): string {
  const code = script.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
  // Either would end the script, or hide its end, in the middle of it.
  if (/<\/script|<!--/i.test(code)) throw new Error('The script of the page cannot stand in HTML.');
  const payload = gzipSync(JSON.stringify({ data, icons } satisfies ReportPayload), { level: 9 });
  const policy = [
    `default-src 'none'`,
    `script-src 'sha256-${createHash('sha256').update(code).digest('base64')}'`,
    // The icons' style sheet and the graph's layout, which the script makes of its own texts.
    'style-src blob:',
    'worker-src blob:',
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
</head>
<body>
<noscript>This report is shown by a script, which this browser does not run.</noscript>
<script type="application/octet-stream" id="${PAYLOAD_ID}">${payload.toString('base64')}</script>
<script type="module">${code}</script>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
