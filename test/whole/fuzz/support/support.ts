import { env } from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import { LockError } from '../../../../src/contract/errors.js';
import { collect } from '../../../support/collect.js';

/** `FUZZ_SEED=… npx vitest run test/fuzz` does the same again. */
export const SEED = Number(env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** How many inputs each of the fuzz tests has a share of, in all 100,000. */
export const INPUTS = Number(env['FUZZ_INPUTS'] ?? 100_000);

/** Slow for a machine that does many things, quick for one that does not end. Milliseconds. */
const BOUND = 5000;

/** Nothing that was on a prototype may be gone or changed, and nothing may have come. */
const PROTOTYPES = [
  Object.prototype,
  Array.prototype,
  String.prototype,
  Number.prototype,
  Function.prototype,
  BigInt.prototype,
];
const before = PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).map((key) => [key, read(prototype, key)]));

function read(prototype: object, key: PropertyKey): unknown {
  const { value, get } = Object.getOwnPropertyDescriptor(prototype, key) ?? {};
  return value ?? get;
}

export function expectCleanPrototypes(): void {
  expect(PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).map((key) => [key, read(prototype, key)]))).toEqual(
    before,
  );
}

/** Anything but a value or an error of ours is a failure, and so is what takes for ever. */
export function valueOrLockError<T>(call: () => T): T | LockError {
  const begun = performance.now();
  try {
    return call();
  } catch (error) {
    if (error instanceof LockError) return error;
    throw error;
  } finally {
    if (performance.now() - begun > BOUND) expect.fail(`it took ${Math.round(performance.now() - begun)} ms`);
  }
}

/** Runs a property over its share of the inputs. */
export function fuzz<T>(share: number, input: fc.Arbitrary<T>, property: (input: T) => void): void {
  const numRuns = Math.round(INPUTS * share);
  console.log(`fuzz: ${numRuns} inputs, seed ${SEED}: ${expect.getState().currentTestName ?? ''}`);
  fc.assert(fc.property(input, property), { seed: SEED, numRuns, maxSkipsPerRun: 0 });
  expectCleanPrototypes();
}

/** Keys that a careless reader would stumble over. */
export const key = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'status',
    'name',
    'lease_id',
    'session_id',
    'fencing_token',
    'expires_at',
    'retry_after_ms',
    'holder_id',
    'metadata',
    'locks',
    'event',
    'code',
  ),
  fc.string({ maxLength: 4 }),
);

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(
    '1e999',
    '-1e999',
    '-0',
    '0.1e-400',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
  ),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
);

const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    'held',
    'free',
    'acquired',
    'released',
    'renewed',
    '2030-01-01T00:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    '\ud800',
  ),
);

/** Some JSON, as text: `JSON.stringify` would lose the large numbers, and keys that come twice. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false'),
    number.map((one) => (typeof one === 'number' && !Number.isFinite(one) ? '0' : String(one))),
    word.map((one) => JSON.stringify(one)),
    tie('object'),
    tie('array'),
  ),
  object: fc
    .array(fc.tuple(key, tie('value')), { maxLength: 6 })
    .map((fields) => `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`),
  array: fc.array(tie('value'), { maxLength: 4 }).map((values) => `[${values.join()}]`),
})).value;

/** Text with something cut out, put in or repeated. */
export function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(),
    cut: fc.nat({ max: 6 }),
    put: fc.string({ unit: 'binary', maxLength: 6 }),
    times: fc.nat({ max: 3 }),
  });
  return fc.tuple(text, fc.array(edit, { maxLength: 3 })).map(([whole, edits]) =>
    edits.reduce((now, { at, cut, put, times }) => {
      const from = at % (now.length + 1);
      return now.slice(0, from) + put.repeat(times) + now.slice(from + cut);
    }, whole),
  );
}

/**
 * What all inputs together may leave on the heap: a hundred bytes for each would be three times as much. What the compiler
 * learns, and fast-check remembers, is a good megabyte. Bytes.
 */
const LEFT = 3_000_000;

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** As `fuzz`, for a property that takes its time. Nothing may be left on the heap. */
export async function fuzzAsync<T>(
  share: number,
  input: fc.Arbitrary<T>,
  property: (input: T) => Promise<void>,
): Promise<void> {
  const numRuns = Math.round(INPUTS * share);
  console.log(`fuzz: ${numRuns} inputs, seed ${SEED}: ${expect.getState().currentTestName ?? ''}`);
  const inTurn = async (one: T): Promise<void> => {
    await property(one);
    // What was put off to the next turn goes with this one.
    await turn();
  };
  const run = (runs: number): Promise<void> =>
    fc.assert(fc.asyncProperty(input, inTurn), { seed: SEED, numRuns: runs, maxSkipsPerRun: 0 });
  // What is compiled and cached is there after that.
  await run(Math.ceil(numRuns / 10));
  const before = heap();
  await run(numRuns);
  expect(heap() - before).toBeLessThan(LEFT);
  expectCleanPrototypes();
}
