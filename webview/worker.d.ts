/** A worker's bundled text: scripts/workerText.mjs makes it when a page is built. */
declare module 'worker:*' {
  const text: string;
  export default text;
}
