import { defineConfig, mergeConfig } from 'vitest/config';
import { slimSources } from './scripts/lib/slim-sources.mjs';
import { ENTRY_FILES } from './tsup.config.js';
import base from './vitest.config.js';

const texts = slimSources(ENTRY_FILES);

/** The same tests, on the sources as the build rewrites them: nothing that is tested may hang on a private name. */
export default mergeConfig(
  base,
  defineConfig({
    plugins: [{ name: 'slim', enforce: 'pre', load: (id) => texts.get(id) }],
    // Looks at a private member.
    test: { exclude: ['test/keeping/pipeline.test.ts'], testTimeout: 60_000 },
  }),
);
