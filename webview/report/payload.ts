import { PAYLOAD_ID, type ReportPayload } from '../../src/protocol/reportFile';

/** What lies in the report's own file. */
export async function readPayload(): Promise<ReportPayload> {
  const text = document.getElementById(PAYLOAD_ID)?.textContent ?? '';
  const unpacked = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(unpacked).text());
}

/** Of base64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return bytes;
}
