import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { slimSources } from './slim-sources.mjs';

const { transform } = createRequire(createRequire(import.meta.url).resolve('tsup'))('esbuild');
const SETTINGS = { loader: 'ts', target: 'es2022', tsconfigRaw: { compilerOptions: { target: 'ES2022', verbatimModuleSyntax: true } } };

/** A plugin for rollup that gives it the slim sources, as JavaScript: see `slim-sources.mjs`. */
export function slim(entries) {
  const texts = slimSources(entries);
  return {
    name: 'slim',
    resolveId: (name, from) => (from === undefined || !name.startsWith('.') ? null : resolve(dirname(from), name.replace(/[.]js$/, '.ts'))),
    async load(path) {
      const { code } = await transform(texts.get(path), SETTINGS);
      return code;
    },
  };
}
