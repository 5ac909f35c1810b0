import type { Acquire } from '../../../native/from-client.js';
import { validatePortableName } from '../../../values/validate-portable-name.js';

/** How long a lock may live without a sign of life. Milliseconds. */
export interface TtlLimits {
  readonly minTtl: number;
  readonly maxTtl: number;
}

/** What is wrong with a name; `undefined`: nothing. */
export function problemOfName(name: string): string | undefined {
  try {
    validatePortableName(name);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What is wrong with a ttl. */
export function problemOfTtl(ttl: number, { minTtl, maxTtl }: TtlLimits): string | undefined {
  if (ttl >= minTtl && ttl <= maxTtl) return undefined;
  return `ttl is from ${String(minTtl)} to ${String(maxTtl)}`;
}

/** What is wrong with an ask for a lock. */
export function problemOfAcquire(
  { name, ttl, mode, limit, permits = 1, lockDelay = 0 }: Acquire,
  limits: TtlLimits,
): string | undefined {
  const problem = problemOfName(name) ?? problemOfTtl(ttl, limits);
  if (problem !== undefined) return problem;
  if (limit === undefined && permits !== 1) return 'permits are those of a semaphore, which has a limit';
  if (limit !== undefined && mode !== undefined) return 'a semaphore has no mode';
  if (limit !== undefined && permits > limit) return 'permits are at most the limit';
  if (lockDelay > limits.maxTtl) return `lockDelay is at most ${String(limits.maxTtl)}`;
  return undefined;
}
