import { defineConfig } from 'tsup';

/** The command. It loads the server by its public name, and only when it is asked to serve: so its help is there at once. */
export default defineConfig({
  entry: { cli: 'src/cli/main.ts' },
  format: ['esm'],
  target: 'es2022',
  splitting: true,
  // Beside what `tsup.config.ts` has built.
  clean: false,
  dts: false,
  sourcemap: false,
  removeNodeProtocol: false,
  external: [/^rxlock\//],
});
