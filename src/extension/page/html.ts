import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** The pages that `webview/` is bundled into. */
export type PageName = 'model' | 'comparison' | 'board';

/** What a page may load: its own bundle and fonts. */
export function webviewOptions(extension: vscode.Uri): vscode.WebviewOptions {
  return { enableScripts: true, localResourceRoots: [resources(extension)] };
}

/** The frame of a page; everything in it is made by its script, from messages. */
export function pageHtml(
  webview: vscode.Webview,
  extension: vscode.Uri,
  name: PageName,
  title: string,
): string {
  const nonce = randomBytes(16).toString('base64');
  const uri = (file: string) =>
    webview.asWebviewUri(vscode.Uri.joinPath(resources(extension), file)).toString();
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource}`,
    // The graph's layout runs in a worker made of a text in the page's own script.
    'worker-src blob:',
  ].join('; ');
  // The components find the icons' style sheet by this id.
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" id="vscode-codicon-stylesheet" href="${uri('codicon.css')}">
<script type="module" nonce="${nonce}" src="${uri(`${name}.js`)}"></script>
</head>
<body></body>
</html>`;
}

function resources(extension: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(extension, 'dist', 'page');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
