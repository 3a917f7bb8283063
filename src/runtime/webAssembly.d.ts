// Node has WebAssembly, but its types leave it to those of browsers, which nothing but the pages should see.
declare namespace WebAssembly {
  interface RuntimeError extends Error {}
  var RuntimeError: { prototype: RuntimeError; new (message?: string): RuntimeError };
  function validate(bytes: BufferSource): boolean;
}

type BufferSource = ArrayBufferView | ArrayBuffer;
