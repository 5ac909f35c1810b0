import { env } from 'node:process';
import { describe, it } from 'vitest';

/**
 * A `describe` whose tests need a program of this machine. Where there is none they are skipped, with a word of why; with
 * `CI=true` that is a failure.
 *
 * @param missing Why they cannot run, and what to do; `undefined` if they can.
 */
export function describeWithProgram(name: string, missing: string | undefined, tests: () => void): void {
  if (missing === undefined) {
    describe(name, tests);
    return;
  }
  if (env['CI'] === 'true') {
    describe(name, () => {
      it('has the program that it needs', () => {
        throw new Error(missing);
      });
    });
    return;
  }
  console.warn(`skipped: ${name}: ${missing}`);
  describe.skip(name, tests);
}
