import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { CDPSession, Page } from '@playwright/test';
import { browserCpuMs, openBrowser } from './browser';

/** It has no modules to shut, so it lays out and draws all nodes at once. */
const LIMIT_MS = 600_000;
const POLL_MS = 500;

/** Netron's page, served for as long as it is measured. */
export interface Netron {
  url: string;
  stop(): void;
}

/** Starts Netron's server; null where its package is not installed for this Python. */
export async function startNetron(python: string): Promise<Netron | null> {
  const server = spawn(python, ['bench/peer_netron.py'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await Promise.race([
    once(createInterface(server.stdout), 'line').then(([line]) => String(line)),
    once(server, 'close').then(() => null),
    once(server, 'error').then(() => null),
  ]);
  return port === null ? null : { url: `http://127.0.0.1:${port}/`, stop: () => server.kill() };
}

/** From choosing a file on Netron's start page until the page shows its graph. */
export async function netronFigures({ url }: Netron, path: string) {
  const { browser, page } = await openBrowser();
  try {
    // It asks where the user is and reports what is done: without a network that only delays the start.
    await page.route('**/*', (route) =>
      route.request().url().startsWith(url) ? route.continue() : route.abort(),
    );
    await page.context().addCookies([{ name: 'consent', value: '1', url }]);
    await page.addInitScript(watch);
    await page.goto(url);
    await page.locator('#open-file-button').waitFor();
    const session = await page.context().newCDPSession(page);
    const before = await browserCpuMs(browser);
    const started = performance.now();
    const crashed = new Promise<'crashed'>((resolve) => page.once('crash', () => resolve('crashed')));
    await page.setInputFiles('#open-file-dialog', path);
    const ms = await Promise.race([pictureMs(session, page), crashed]);
    if (ms === 'crashed') return { netron: `its page crashed after ${seconds(performance.now() - started)}` };
    if (ms === null) return { netron: `no picture within ${seconds(LIMIT_MS)}` };
    const { shown, said } = await ask<{ shown: number; said: string }>(
      session,
      `({ shown: document.querySelectorAll('#nodes > g').length, said: document.getElementById('message-text').innerText })`,
    );
    if (shown === 0) return { netron: `shows nothing: ${said}` };
    return {
      netronFileToPictureMs: Math.round(ms),
      netronCpuMs: Math.round((await browserCpuMs(browser)) - before),
      netronShown: shown,
    };
  } finally {
    await browser.close();
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

/**
 * Runs in the page before its scripts: notes when a file is chosen, and when the graph is on screen. While it works the
 * body has the class "spinner"; a layout that takes longer adds "notification", whose button would cancel it.
 */
function watch(): void {
  const noted = window as unknown as { chosenAt?: number; pictureAt?: number };
  document.addEventListener(
    'change',
    () => {
      noted.chosenAt = performance.now();
    },
    true,
  );
  document.addEventListener('DOMContentLoaded', () => {
    new MutationObserver(() => {
      const { classList } = document.body;
      if (noted.chosenAt === undefined || !classList.contains('default') || classList.contains('spinner'))
        return;
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          noted.pictureAt ??= performance.now();
        }),
      );
    }).observe(document.body, { attributeFilter: ['class'] });
  });
}

async function pictureMs(session: CDPSession, page: Page): Promise<number | null> {
  const start = performance.now();
  while (performance.now() - start < LIMIT_MS) {
    const ms = await ask<number | null>(
      session,
      'window.pictureAt === undefined ? null : pictureAt - chosenAt',
    );
    if (ms !== null) return ms;
    await page.waitForTimeout(POLL_MS);
  }
  return null;
}

/** By the protocol: `page.evaluate` needs the page's `eval`, which Netron takes away. */
async function ask<Value>(session: CDPSession, expression: string): Promise<Value> {
  const { result } = await session.send('Runtime.evaluate', { expression, returnByValue: true });
  return result.value as Value;
}
