import path from 'node:path';
import { build } from 'esbuild';

/**
 * `import text from 'worker:FILE'` is the text of FILE, a path from the project's root, bundled as a script of its own. A
 * page of the editor cannot make a worker of a file (it is of another origin), but of a text it can.
 *
 * @type {import('esbuild').Plugin}
 */
export const workerText = {
  name: 'worker-text',
  setup(page) {
    page.onResolve({ filter: /^worker:/ }, ({ path: name }) => ({
      path: path.resolve(name.slice('worker:'.length)),
      namespace: 'worker-text',
    }));
    page.onLoad({ filter: /.*/, namespace: 'worker-text' }, async ({ path: file }) => {
      const { outputFiles, metafile } = await build({
        entryPoints: [file],
        bundle: true,
        write: false,
        format: 'iife',
        platform: 'browser',
        target: 'es2022',
        minify: page.initialOptions.minify ?? false,
        tsconfig: 'tsconfig.json',
        metafile: true,
      });
      const watchFiles = Object.keys(metafile.inputs).map((input) => path.resolve(input));
      return { contents: outputFiles[0]?.text ?? '', loader: 'text', watchFiles };
    });
  },
};
