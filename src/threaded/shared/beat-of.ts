/** How often the main thread shows that it turns, as a part of a ttl, and within which limits. Milliseconds. */
const PART = 1 / 20;
const LEAST = 10;
const MOST = 250;

/** How often the main thread shows that it turns, while it holds a lock of this ttl. Milliseconds. */
export function beatOf(ttl: number): number {
  return Math.min(Math.max(LEAST, ttl * PART), MOST);
}
