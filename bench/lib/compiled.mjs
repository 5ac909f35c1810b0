import { basename, join } from 'node:path';
import { build } from 'tsup';

/** Compiles a program or a module in TypeScript, with all that it imports, into a folder. @returns The path of the result. */
export async function compiled(entry, folder) {
  const name = basename(entry, '.ts');
  await build({
    config: false,
    silent: true,
    entry: { [name]: entry },
    outDir: folder,
    format: 'esm',
    target: 'node20',
    // The folder has no packages.
    noExternal: [/./],
    outExtension: () => ({ js: '.mjs' }),
  });
  return join(folder, `${name}.mjs`);
}
