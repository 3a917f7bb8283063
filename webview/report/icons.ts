import type { ReportIcons } from '../../src/protocol/reportFile';
import { bytesOf } from './payload';

/** Gives the components their icons: the style sheet where they look for it, and the font that it names. */
export async function addIcons({ css, font }: ReportIcons): Promise<void> {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.id = 'vscode-codicon-stylesheet';
  link.href = URL.createObjectURL(new Blob([css], { type: 'text/css' }));
  document.head.append(link);
  document.fonts.add(await new FontFace('codicon', bytesOf(font)).load());
}
