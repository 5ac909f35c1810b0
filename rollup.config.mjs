import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { partOf } from './scripts/lib/parts.mjs';
import { ENTRIES, ENTRY_FILES } from './scripts/lib/entries.mjs';
import { ROOT } from './scripts/lib/root.mjs';
import { slim } from './scripts/lib/slim.mjs';

const DIST = join(ROOT, 'dist');

/** The ES modules. `scripts/slim-dist.mjs` makes the CommonJS ones of them, `tsup.config.ts` the types. */
export default {
  input: { ...ENTRIES, cli: 'src/cli/main.ts' },
  // `rxlock/auto` loads backends by their public names, so that a browser's bundler picks the browser's build.
  external: (id) => /^[^./]/.test(id),
  // None of ours is loaded for its side effects: it has none.
  treeshake: { moduleSideEffects: (id, isExternal) => isExternal },
  plugins: [{ name: 'clean', buildStart: () => rmSync(DIST, { recursive: true, force: true }) }, slim(ENTRY_FILES)],
  // What it warns of is a fault: files that import each other above all, which CommonJS would load half.
  onLog(level, { message }) {
    if (level === 'warn') throw new Error(message);
  },
  output: {
    dir: DIST,
    format: 'es',
    chunkFileNames: 'chunk-[name].js',
    manualChunks: (id) => partOf(relative(ROOT, id)),
    onlyExplicitManualChunks: true,
    // A file loads what it uses, and not what that uses.
    hoistTransitiveImports: false,
    minifyInternalExports: false,
  },
};
