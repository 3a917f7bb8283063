import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { asText } from './plainText';

/** How VS Code finds links in messages (parseLinkedText in src/vs/base/common/linkedText.ts). */
const LINKED = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/gi;
/** How VS Code finds icons in labels (src/vs/base/common/iconLabels.ts). */
const ICON = /(\\)?\$\([a-z][a-z0-9-]*(?:~[a-z]+)?\)/gi;

describe('text from files in messages', () => {
  it.each([
    '[x](command:workbench.action.closeWindow)',
    '[[x](command:a) [y](https://example.org "t")](file:///etc/passwd)',
    '[](command:a)[x](COMMAND:b)',
    'a\\[x\\](command:a)[x\\](command:b)',
    '[x\u200b](command:a)(command:b)',
    '$(zap) \\$(zap) $$(sync~spin) [$(zap)](command:a)',
  ])('%s has no links and no icons', (text) => {
    expect(text.match(LINKED)).not.toBeNull();
    const shown = asText(text);
    expect(shown.match(LINKED)).toBeNull();
    expect(shown.match(ICON)).toBeNull();
    // What is seen is the text.
    expect(shown.replaceAll('\u200b', '')).toBe(text.replaceAll('\u200b', ''));
  });

  it('stays on its line and in its direction', () => {
    expect(asText('a\nb\u0000\u202exnno.\u2028c')).toBe('a b  xnno. c');
    expect(asText('layer [3] (of 5) costs $5')).toBe('layer [3] (of 5) costs $5');
  });
});

describe('the extension', () => {
  const files = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => [name, readFileSync(path.join(__dirname, name), 'utf8')] as const);

  it('tells what it has to tell through notifications.ts, which shows text as it is', () => {
    const direct =
      /\b(show(Error|Warning|Information)Message|withProgress|setStatusBarMessage|createStatusBarItem)\b/;
    const found = files.filter(([, text]) => direct.test(text)).map(([name]) => name);
    expect(found).toEqual(['notifications.ts']);
  });

  it('trusts Markdown with the one command that opens a model, and with no HTML', () => {
    for (const [name, text] of files) {
      expect(text, name).not.toMatch(/supportHtml|supportThemeIcons/);
      for (const [, trusted] of text.matchAll(/isTrusted = (.*);/g)) {
        expect(trusted, name).toBe(`{ enabledCommands: ['caliper.reveal'] }`);
      }
    }
  });
});
