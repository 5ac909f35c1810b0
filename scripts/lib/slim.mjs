import { slimSources } from './slim-sources.mjs';

/** A plugin for esbuild that gives it the slim sources: see `slim-sources.mjs`. */
export function slim(entries) {
  /** Of all formats: made once. */
  let texts;
  return {
    name: 'slim',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        texts ??= slimSources(entries);
        const contents = texts.get(path);
        return contents === undefined ? undefined : { contents, loader: 'ts' };
      });
    },
  };
}
