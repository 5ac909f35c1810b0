/** What a source of numbers says, of times above all; NaN if it throws, or says anything else. */
export function told(source: () => number): number {
  try {
    const number: unknown = source();
    return typeof number === 'number' ? number : NaN;
  } catch {
    return NaN;
  }
}
