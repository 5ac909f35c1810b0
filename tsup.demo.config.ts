import { defineConfig } from 'tsup';

/** The demo is no part of the package: it is built from the sources, beside `dist`. */
export default defineConfig({
  entry: { main: 'demo/main.ts' },
  outDir: 'build/demo',
  format: ['esm'],
  target: 'es2022',
  sourcemap: true,
  clean: true,
  removeNodeProtocol: false,
});
