/** A variable of the process. `undefined` where there is none, or no process; one that is set to nothing is not set. */
export function environment(name: string): string | undefined {
  if (typeof process === 'undefined') return undefined;
  const value = process.env?.[name];
  return value === '' ? undefined : value;
}
