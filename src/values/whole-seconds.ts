/** A ttl for a service that counts whole seconds, and takes at least one. */
export function wholeSeconds(ttl: number): number {
  return Math.max(1, Math.floor(ttl / 1000));
}
