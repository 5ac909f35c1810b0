/**
 * A module of Node's own; undefined where there is none.
 *
 * Not imported: what runs in a browser as well must not name a module of Node.
 */
export function nodeModule(name: string): unknown {
  const { process } = globalThis as { readonly process?: Partial<Pick<NodeJS.Process, 'getBuiltinModule'>> };
  return process?.getBuiltinModule?.(name);
}
