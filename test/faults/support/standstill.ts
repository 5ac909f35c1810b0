import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Child } from './child.js';

/** How a process comes to stand still, and goes on. */
export interface Standstill {
  readonly title: string;
  /** Resolves when it stands still. */
  begin(child: Child, milliseconds: number): Promise<void>;
  end(child: Child): void;
}

/** By a signal, and by work that lets nothing else run. */
export const STANDSTILLS: readonly Standstill[] = [
  {
    title: 'SIGSTOP',
    begin: (child) => Promise.resolve(child.stop()),
    end: (child) => child.continue(),
  },
  {
    title: 'event loop blocked',
    begin: async (child, milliseconds) => {
      child.order({ do: 'block', milliseconds });
      await child.said('blocking');
    },
    // It comes back by itself.
    end: () => undefined,
  },
];

/**
 * Lets it stand still for three ttls. Resolves when that is over.
 *
 * @param meanwhile What happens in that time.
 * @returns A moment at which it had stood still for two ttls. Epoch milliseconds.
 */
export async function standStill(
  child: Child,
  way: Standstill,
  ttl: number,
  meanwhile: () => Promise<unknown>,
): Promise<number> {
  await way.begin(child, 3 * ttl);
  const since = Date.now();
  await meanwhile();
  await sleep(Math.max(0, since + 3 * ttl - Date.now()));
  way.end(child);
  return since + 2 * ttl;
}

/** What it says when it is awake again: first of all, that the lock is lost; and no value has passed. */
export function expectLossFirst(child: Child, asleep: number): void {
  const [first, ...rest] = child.since(asleep).filter(({ who }) => who === 'holder');
  expect(first).toMatchObject({ type: 'lost', isHeld: false });
  expect(rest.filter(({ type }) => type === 'value')).toEqual([]);
  // Stamped with its deadline, however late it is told.
  expect(first!.at).toBeLessThan(asleep);
}
