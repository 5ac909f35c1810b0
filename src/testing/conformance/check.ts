/** A backend that does not do what the contract says. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}

/**
 * The suite's own assertion, so that it needs no framework.
 *
 * @throws ConformanceError
 */
export function check(condition: unknown, message: string): asserts condition {
  if (!condition) fail(message);
}

/** @throws ConformanceError */
export function fail(message: string): never {
  throw new ConformanceError(message);
}

/** What went wrong, for a message: errors by their code, nothing that could hold a secret. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? `${error.name} (${code}): ${error.message}` : `${error.name}: ${error.message}`;
}
