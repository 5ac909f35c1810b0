/** Waits for servers that start side by side. If one of them fails, the others are stopped. */
export async function startAll<T extends { stop(): Promise<void> }>(
  starting: readonly Promise<T>[],
): Promise<readonly T[]> {
  const starts = await Promise.allSettled(starting);
  const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  if (started.length === starts.length) return started;
  await Promise.all(started.map((server) => server.stop()));
  // Fails with what the first of them has failed with.
  return Promise.all(starting);
}
