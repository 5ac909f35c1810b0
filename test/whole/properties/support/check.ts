import { env } from 'node:process';
import fc from 'fast-check';
import { expect } from 'vitest';
import { coreOf } from '../../../support/core-of.js';
import type { Locks } from '../../../../src/contract/locks.js';

/** `PROPERTY_SEED=… npx vitest run test/properties` does the same again. */
const SEED = Number(env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
/** Multiplies the number of runs: `PROPERTY_RUNS=100` for a long night. */
const RUNS = Number(env['PROPERTY_RUNS'] ?? 1);

/**
 * Asserts a property for many inputs, and says which seed they came from, whether it holds or not.
 *
 * @param endOnFailure Seeks no smaller counterexample: for a property that takes its time.
 */
export async function holds<T>(
  numRuns: number,
  input: fc.Arbitrary<T>,
  property: (input: T) => Promise<void> | void,
  endOnFailure = false,
): Promise<void> {
  const runs = numRuns * RUNS;
  console.log(`${String(runs)} runs, PROPERTY_SEED=${String(SEED)}: ${expect.getState().currentTestName ?? ''}`);
  await fc.assert(
    fc.asyncProperty(input, async (one) => property(one)),
    { seed: SEED, numRuns: runs, endOnFailure },
  );
}

/** Something that may be done, with a name for the report of a counterexample. */
export type Step<W> = (world: W) => void;

export function labelled<W>(label: string, run: Step<W>): Step<W> {
  return Object.assign(run, { [fc.toStringMethod]: () => label });
}

/** One of the things that may happen next. */
export function often<W>(weight: number, arbitrary: fc.Arbitrary<Step<W>>): fc.WeightedArbitrary<Step<W>> {
  return { weight, arbitrary };
}

/** Long enough for a few lives of a lock. */
export function script<T>(steps: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(steps, { maxLength: 80, size: 'max' });
}

/** One of these, by a number that may be any; from the end if it is negative. */
export function pick<T>(from: readonly T[], at: number): T | undefined {
  return at < 0 ? from.at(at) : from[at % Math.max(1, from.length)];
}

/**
 * What is wrong with the heap of a keeper, which must be one after whatever was done: each item knows its place, is due
 * when it is, and no earlier than the one above it.
 */
export function disorder(locks: Locks<bigint>): readonly string[] {
  const { keeper } = coreOf(locks);
  const all = keeper.all();
  return all.flatMap(({ position, due, renewAt, deadline }, index) => [
    ...(position === index ? [] : [`${String(index)} believes to be at ${String(position)}`]),
    ...(due === Math.min(renewAt, deadline) ? [] : [`${String(index)} has a wrong key`]),
    ...(index === 0 || all[(index - 1) >> 2]!.due <= due ? [] : [`${String(index)} is due before the one above it`]),
  ]);
}
