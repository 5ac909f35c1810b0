/** What a source of time says; NaN if it throws. */
export function told(source: () => number): number {
  try {
    return source();
  } catch {
    return NaN;
  }
}
