import { LockUnsupportedError } from '../../contract/errors.js';
import type { Features } from '../../contract/backend.js';
import type { Bench } from './bench.js';
import type { BenchClient } from './bench-client.js';
import type { Case } from './case.js';
import { check } from './check.js';

/** Something that not every service can do. */
export interface Ability {
  /** Without one of them it cannot. */
  readonly features: readonly (keyof Features)[];
  /** What is promised in vain, for people. */
  readonly what: string;
  /** Asks for it. */
  readonly ask: (client: BenchClient, name: string) => unknown;
}

/** A case that runs where the service can do it; elsewhere, asking for it must fail at the call. */
export function whereSupported(
  ability: Ability,
  title: string,
  run: (bench: Bench, clients: readonly [BenchClient, BenchClient]) => Promise<void>,
): Case {
  return {
    title,
    async run(bench: Bench): Promise<void> {
      const [a, b] = [bench.client(), bench.client()];
      const missing = ability.features.find((feature) => !a.backend.features[feature]);
      if (missing === undefined) {
        await run(bench, [a, b]);
        return;
      }
      let error: unknown;
      try {
        ability.ask(a, bench.name());
      } catch (thrown) {
        error = thrown;
      }
      check(
        error instanceof LockUnsupportedError,
        `${ability.what} was promised although features.${missing} is false`,
      );
    },
  };
}
