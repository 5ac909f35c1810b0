import type { Case, CaseGroup } from './conformance/case.js';
import { argumentCases } from './conformance/cases/arguments.js';
import { batches } from './conformance/cases/batches.js';
import { closed } from './conformance/cases/closed.js';
import { closing } from './conformance/cases/closing.js';
import { exclusion } from './conformance/cases/exclusion.js';
import { expiry } from './conformance/cases/expiry.js';
import { handingOn } from './conformance/cases/handing-on.js';
import { fencing } from './conformance/cases/fencing.js';
import { leaving } from './conformance/cases/leaving.js';
import { observing } from './conformance/cases/observing.js';
import { ownership } from './conformance/cases/ownership.js';
import { permits } from './conformance/cases/permits.js';
import { queue } from './conformance/cases/queue.js';
import { semaphores } from './conformance/cases/semaphores.js';
import { sharing } from './conformance/cases/sharing.js';
import { Bench } from './conformance/bench.js';
import type { ConformanceFactory } from './conformance/service.js';

const GROUPS: readonly CaseGroup[] = [
  exclusion,
  fencing,
  queue,
  ownership,
  handingOn,
  expiry,
  batches,
  leaving,
  observing,
  semaphores,
  permits,
  sharing,
  argumentCases,
  closing,
  closed,
];

/** How long a case may take before the runner ends it; every wait within it has a shorter bound of its own. */
const TIMEOUT = 60_000;

/** A case that is ready to run. */
export interface ConformanceCase {
  /** `group: what the backend does`. */
  readonly title: string;
  readonly group: string;
  readonly name: string;
  /** Rejects with what the backend does wrong. */
  readonly run: () => Promise<void>;
}

/** What the suite is run on. */
export interface ConformanceOptions {
  /** Makes the service for each case. */
  readonly factory: ConformanceFactory;
  /** Also run cases that take several ttls. `false` by default. */
  readonly slow?: boolean;
}

/** What the suite is run on, and by. */
export interface DescribeBackendOptions extends ConformanceOptions {
  /** Of the backend, for the report. */
  readonly name: string;
  /** Of vitest, jest, mocha or `node:test`. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** Of vitest, jest, mocha or `node:test`. */
  readonly it: (name: string, body: () => Promise<void>, timeout?: number) => unknown;
}

/**
 * The cases of the conformance suite, for a runner that has no `describe` and `it`.
 *
 * @example
 * ```ts
 * import { memory } from 'rxlock';
 * import { conformanceCases } from 'rxlock/testing';
 *
 * const cases = conformanceCases({
 *   factory: () => {
 *     const backend = memory(); // its locks are in itself, so all clients share it
 *     return { create: () => backend };
 *   },
 * });
 * console.log(`${cases.length} cases`);
 * ```
 */
export function conformanceCases({ factory, slow = false }: ConformanceOptions): readonly ConformanceCase[] {
  return GROUPS.flatMap((group) =>
    group.cases
      .filter((one) => slow || one.slow !== true)
      .map((one) => ({
        title: `${group.title}: ${one.title}`,
        group: group.title,
        name: one.title,
        run: () => runCase(one, factory),
      })),
  );
}

/**
 * Tells whether a backend is right: registers the conformance suite with a test runner. What a service has not got is
 * not asked of it: `backend.features` and the optional methods say so, and are checked to say the truth.
 *
 * Needs real time: no fake timers. Only uses names that begin with `conformance-`, which nobody used before.
 *
 * @param options `name`, the runner's `describe` and `it`, the `factory` of services, `slow`.
 *
 * @example
 * ```ts test
 * import { memory } from 'rxlock';
 * import { describeBackend } from 'rxlock/testing';
 * import { describe, it } from 'vitest';
 *
 * describeBackend({
 *   name: 'memory',
 *   describe,
 *   it,
 *   factory: () => {
 *     const backend = memory(); // its locks are in itself, so all clients share it
 *     return { create: () => backend };
 *   },
 * });
 * ```
 */
export function describeBackend({ name, describe, it, ...options }: DescribeBackendOptions): void {
  const cases = conformanceCases(options);
  describe(name, () => {
    for (const { title: group } of GROUPS) {
      const members = cases.filter((one) => one.group === group);
      describe(group, () => {
        for (const one of members) it(one.name, withTime(one.run), TIMEOUT);
      });
    }
  });
}

async function runCase(one: Case, factory: ConformanceFactory): Promise<void> {
  const bench = new Bench(await factory());
  let failure: { readonly error: unknown } | undefined;
  try {
    await one.run(bench);
    bench.checkViolations();
  } catch (error) {
    failure = { error };
  }
  try {
    await bench.close();
  } catch (error) {
    // What the case found tells more than what its end did.
    failure ??= { error };
  }
  if (failure !== undefined) throw failure.error;
  bench.checkViolations();
}

/** Mocha takes a test's time-out from its `this`, and no third argument. */
function withTime(run: () => Promise<void>): () => Promise<void> {
  return function (this: unknown) {
    (this as { timeout?: (milliseconds: number) => unknown } | undefined)?.timeout?.(TIMEOUT);
    return run();
  };
}
