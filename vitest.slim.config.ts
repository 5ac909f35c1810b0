import { defineConfig, mergeConfig } from 'vitest/config';
import { slimSources } from './scripts/lib/slim-sources.mjs';
import { ENTRY_FILES } from './scripts/lib/entries.mjs';
import base from './vitest.config.js';

const texts = slimSources(ENTRY_FILES);

/** What proves the same on any sources: it runs them as they are in processes of their own, reads files, or searches at random. */
const SAME = [
  'test/project/**',
  'test/cli/**',
  'test/**/exiting.test.ts',
  'test/testing/runners.test.ts',
  'test/server/store/{full-disk,stepped-clock}.test.ts',
  'test/whole/properties/**',
  'test/table/lock-table.model.test.ts',
  'test/locks/elections-search.test.ts',
];

/** The other tests, on the sources as the build rewrites them: nothing that is tested may hang on a private name. */
export default mergeConfig(
  base,
  defineConfig({
    plugins: [{ name: 'slim', enforce: 'pre', load: (id) => texts.get(id) }],
    // One looks at a private member.
    test: { exclude: ['test/keeping/pipeline.test.ts', ...SAME] },
  }),
);
