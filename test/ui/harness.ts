import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import { build } from 'esbuild';
import { workerText } from '../../scripts/workerText.mjs';
import type { HostMessage, PageEvent, PageMessage, PageRequests, RequestKind } from '../../src/protocol/page';
import type { SentError } from '../../src/protocol/sentError';
import { THEMES, type ThemeName } from '../../webview/report/themes';

/** Thrown by a handler: the answer is this error. */
export class Refused extends Error {
  constructor(readonly sent: SentError) {
    super(sent.message);
  }
}

/** What a test's host answers; a handler that throws gives an error answer, a missing one fails the test. */
export type Answers = {
  [K in RequestKind]?: (
    params: PageRequests[K]['params'],
  ) => PageRequests[K]['result'] | Promise<PageRequests[K]['result']>;
};

const ORIGIN = 'https://page.invalid';
const NONCE = 'a-nonce-of-the-test';
/** As the extension states it, with the page's origin in place of the editor's. */
const POLICY = `default-src 'none'; script-src 'nonce-${NONCE}'; style-src ${ORIGIN}; font-src ${ORIGIN}; img-src ${ORIGIN}; worker-src blob:`;

const bundles = new Map<string, Promise<string>>();

function bundle(name: string): Promise<string> {
  const known = bundles.get(name) ?? built(name);
  bundles.set(name, known);
  return known;
}

async function built(name: string): Promise<string> {
  const { outputFiles } = await build({
    plugins: [workerText],
    entryPoints: [`webview/${name}.ts`],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    tsconfig: 'tsconfig.json',
  });
  return outputFiles[0]?.text ?? '';
}

/** A page with a host of our own behind it, under the same content security policy as in the editor. */
export class PageUnderTest {
  /** Every request that the page made. */
  readonly requests: { kind: RequestKind; params: unknown }[] = [];
  private readonly faults: string[] = [];
  private answers: Answers = {};

  constructor(readonly page: Page) {}

  async open(
    name: 'model' | 'comparison' | 'board',
    answers: Answers,
    theme: ThemeName = 'dark',
  ): Promise<void> {
    this.answers = answers;
    const { page } = this;
    page.on('pageerror', (error) => this.faults.push(`page error: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.faults.push(`console: ${message.text()}`);
    });
    await page.exposeFunction('reportViolation', (text: string) => this.faults.push(`policy: ${text}`));
    await page.exposeFunction('postToHost', (message: PageMessage) => this.answer(message));
    await page.addInitScript(connect, THEMES[theme]);
    await page.route(`${ORIGIN}/**`, async (route) => {
      const file = new URL(route.request().url()).pathname.slice(1);
      if (file === '') {
        const body = `<!doctype html><html lang="en"><head><meta charset="utf-8">
          <meta http-equiv="Content-Security-Policy" content="${POLICY}">
          <link rel="stylesheet" id="vscode-codicon-stylesheet" href="codicon.css">
          <script type="module" nonce="${NONCE}" src="${name}.js"></script></head><body></body></html>`;
        return route.fulfill({ contentType: 'text/html', body });
      }
      if (file.endsWith('.js'))
        return route.fulfill({ contentType: 'text/javascript', body: await bundle(name) });
      if (!file.startsWith('codicon.')) return route.fulfill({ status: 404, body: '' });
      const type = file.endsWith('.css') ? 'text/css' : 'font/ttf';
      const font = readFileSync(path.join('node_modules/@vscode/codicons/dist', path.basename(file)));
      return route.fulfill({ contentType: type, body: font });
    });
    await page.goto(`${ORIGIN}/`);
  }

  /** Something the host tells by itself. */
  async send(event: PageEvent): Promise<void> {
    await this.page.evaluate((data) => window.postMessage(data), { type: 'event', event });
  }

  /** Waits until the page's state, which it writes now and then, is like this. */
  async saved(state: Record<string, unknown>): Promise<void> {
    const read = () => this.page.evaluate(() => JSON.parse(sessionStorage.getItem('state') ?? 'null'));
    await expect.poll(read).toMatchObject(state);
  }

  asked(kind: RequestKind): unknown[] {
    return this.requests.filter((request) => request.kind === kind).map(({ params }) => params);
  }

  /** No error, and nothing that the content security policy had to stop. */
  check(): void {
    expect(this.faults).toEqual([]);
  }

  private async answer({ id, kind, params }: PageMessage): Promise<void> {
    this.requests.push({ kind, params });
    let message: HostMessage;
    try {
      const handler = this.answers[kind] as ((params: unknown) => unknown) | undefined;
      if (handler === undefined) {
        this.faults.push(`unexpected request ${kind}`);
        throw new Error(`The test does not answer ${kind}.`);
      }
      const result = (await handler(params)) as PageRequests[RequestKind]['result'];
      message = { type: 'response', id, ok: true, result };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const sent: SentError = error instanceof Refused ? error.sent : { message: text, kind: 'internal' };
      message = { type: 'response', id, ok: false, error: sent };
    }
    // The page may be gone by now, as it may be in the editor.
    // As text, because Playwright takes seconds for an object of some megabytes.
    const text = JSON.stringify(message);
    await this.page.evaluate((data) => window.postMessage(JSON.parse(data)), text).catch(() => undefined);
  }
}

/** Runs in the page before its script: the editor's API and its theme. The state is kept as the editor keeps it. */
function connect(theme: Readonly<Record<string, string>>): void {
  const page = window as unknown as Record<string, (value: unknown) => void>;
  document.addEventListener('securitypolicyviolation', (event) =>
    page['reportViolation']?.(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
  );
  const apply = () => {
    for (const [name, value] of Object.entries(theme)) {
      document.documentElement.style.setProperty(`--vscode-${name}`, value);
    }
    document.documentElement.style.setProperty('background', theme['editor-background'] ?? '');
    document.documentElement.style.setProperty(
      'color-scheme',
      theme['foreground'] === '#3b3b3b' ? 'light' : 'dark',
    );
  };
  if (document.documentElement) apply();
  else document.addEventListener('readystatechange', apply, { once: true });
  Object.assign(window, {
    acquireVsCodeApi: () => ({
      postMessage: (message: unknown) => page['postToHost']?.(message),
      getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
      setState: (state: unknown) => sessionStorage.setItem('state', JSON.stringify(state)),
    }),
  });
}

export const test = base.extend<{ subject: PageUnderTest }>({
  subject: async ({ page }, use) => {
    const subject = new PageUnderTest(page);
    await use(subject);
    subject.check();
  },
});

export { expect } from '@playwright/test';
