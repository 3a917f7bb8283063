/** Number of the field in the table `Model`. */
const SIGNATURE_DEFS = 7;

/**
 * Takes the signatures out of a .tflite file in memory, in place. Engines then name inputs and outputs after the
 * tensors and give them in the order of the graph. A file without signatures, or too damaged to have any, stays as
 * it is.
 */
export function dropSignatures(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const model = view.getUint32(0, true);
    const vtable = model - view.getInt32(model, true);
    const entry = 4 + 2 * SIGNATURE_DEFS;
    const field = entry < view.getUint16(vtable, true) ? view.getUint16(vtable + entry, true) : 0;
    if (field === 0) return;
    const reference = model + field;
    const vector = reference + view.getUint32(reference, true);
    // An empty vector; the tables that it listed stay in the file, unused.
    view.setUint32(vector, 0, true);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}
