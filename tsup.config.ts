import { defineConfig } from 'tsup';
import { ENTRIES } from './scripts/lib/entries.mjs';

/** The types. The JavaScript is built by `rollup.config.mjs`. */
export default defineConfig({
  entry: { ...ENTRIES },
  // One copy is enough: see `scripts/slim-dist.mjs`.
  format: ['cjs'],
  clean: false,
  dts: {
    only: true,
    // `Symbol.asyncDispose` must be known to consumers whose `lib` does not have it.
    banner: '/// <reference lib="esnext.disposable" />',
    // tsup sets `baseUrl`, which TypeScript 6 calls deprecated.
    compilerOptions: { ignoreDeprecations: '6.0' },
  },
});
