import { timingSafeEqual } from 'node:crypto';
import { digestOf } from '../digest-of.js';
import { ANONYMOUS, ANYBODY, type Principals } from '../principals.js';

/**
 * Those who know the one token that the real server has: nobody in particular. It is compared in a time that tells nothing about it, not even its
 * length.
 *
 * @param token Undefined: nobody is asked.
 */
export function oneToken(token: string | undefined): Principals {
  if (token === undefined) return ANYBODY;
  const right = digestOf(token);
  return {
    ...ANYBODY,
    required: true,
    identify: (given) => (timingSafeEqual(right, digestOf(given)) ? ANONYMOUS : undefined),
  };
}
