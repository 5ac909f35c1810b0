/** A promise that has failed, and need not be handled by whoever does not wait for it. */
export function rejected(error: unknown): Promise<never> {
  const promise = Promise.resolve().then(() => {
    throw error;
  });
  promise.catch(() => undefined);
  return promise;
}
