/**
 * Gives what there is one of in a process, so that the ESM and CJS builds, and two copies of the package, do not each have
 * their own. Made when it is first asked for.
 *
 * @param key Where it is kept on `globalThis`. What is kept there may be of another version of the package.
 */
export function onePerProcess<T>(key: symbol, make: () => T): T {
  const slots = globalThis as Record<symbol, unknown>;
  return (slots[key] ??= make()) as T;
}
