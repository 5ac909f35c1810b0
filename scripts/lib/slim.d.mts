import type { Options } from 'tsup';

/**
 * A plugin for the build that makes it slim: private members get short names, comments are left out.
 *
 * @param entries The paths of the sources whose exports users get.
 */
export function slim(entries: readonly string[]): NonNullable<Options['esbuildPlugins']>[number];
