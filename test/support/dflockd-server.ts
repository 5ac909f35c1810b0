import { env } from 'node:process';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { startDflockd, type DflockdKind, type DflockdSettings, type TestDflockd } from './dflockd-instance.js';

export { startDflockd, type DflockdKind, type DflockdSettings, type TestDflockd };

/** Starts a server of the kind that is being tested. It is stopped after the test. */
export type StartDflockd = (settings?: DflockdSettings) => Promise<TestDflockd>;

/**
 * A `describe` that runs for the project's own server, and for the real one where `DFLOCKD_BIN` names it; where it does
 * not, it says so.
 *
 * @param tests Gets what starts a server, and which one it is.
 */
export function describeWithDflockds(name: string, tests: (start: StartDflockd, kind: DflockdKind) => void): void {
  for (const kind of ['own', 'real'] as const) {
    const title = `${name}, on the ${kind === 'own' ? "project's own" : 'real'} dflockd`;
    if (kind === 'real' && env['DFLOCKD_BIN'] === undefined) {
      console.warn(`skipped: ${title}: DFLOCKD_BIN names no server`);
      describe.skip(title, () => {
        tests(() => Promise.reject(new Error('DFLOCKD_BIN names no server')), kind);
      });
      continue;
    }
    describe(title, () => {
      const started = new Set<TestDflockd>();
      afterEach(async () => {
        const servers = [...started];
        started.clear();
        await Promise.all(servers.map((server) => server.stop()));
      });
      tests(async (settings) => {
        const server = await startDflockd(settings, kind);
        started.add(server);
        return server;
      }, kind);
    });
  }
}

/**
 * As {@link describeWithDflockds}, with one server for all tests.
 *
 * @param tests Gets the server by a function, as it runs only while the tests do.
 */
export function describeWithDflockd(
  name: string,
  tests: (server: () => TestDflockd, kind: DflockdKind) => void,
  settings: DflockdSettings = {},
): void {
  describeWithDflockds(name, (_start, kind) => {
    let server: TestDflockd | undefined;
    beforeAll(async () => {
      server = await startDflockd(settings, kind);
    });
    afterAll(async () => {
      await server?.stop();
    });
    tests(() => {
      if (server === undefined) throw new Error('the server runs only while tests do');
      return server;
    }, kind);
  });
}
