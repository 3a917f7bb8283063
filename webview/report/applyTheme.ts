import { THEMES, type ThemeName } from './themes';

const DARK = '(prefers-color-scheme: dark)';
const CONTRAST = '(prefers-contrast: more)';

/** Gives the page the colours that the editor would, by what the reader's system is set to. */
export function applyTheme(): void {
  const queries = [DARK, CONTRAST].map((query) => window.matchMedia(query));
  for (const query of queries) query.addEventListener('change', apply);
  apply();
}

function apply(): void {
  const name = wanted();
  const { style } = document.documentElement;
  for (const [variable, value] of Object.entries(THEMES[name]))
    style.setProperty(`--vscode-${variable}`, value);
  style.background = THEMES[name]['editor-background'] ?? '';
  style.colorScheme = name === 'light' ? 'light' : 'dark';
}

function wanted(): ThemeName {
  if (window.matchMedia(CONTRAST).matches) return 'high-contrast';
  return window.matchMedia(DARK).matches ? 'dark' : 'light';
}
