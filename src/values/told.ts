/** What a source of numbers says, of times above all; NaN if it throws. */
export function told(source: () => number): number {
  try {
    return source();
  } catch {
    return NaN;
  }
}
