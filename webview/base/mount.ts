const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  html, body { height: 100%; }
  body { margin: 0; padding: 0; overflow: hidden; }
`);

/** Puts the page's one element into the empty document; the editor's own style gives the body a padding. */
export function mount(element: string): void {
  document.adoptedStyleSheets = [sheet];
  document.body.append(document.createElement(element));
}
