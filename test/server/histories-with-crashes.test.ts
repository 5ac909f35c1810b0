import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Chance } from '../whole/properties/search/chance.js';
import { userToken } from './store/support/kill-clients.js';
import { command, KillTarget, target } from './store/support/kill-target.js';
import { BREAKS } from './support/broken-ledger.js';
import { CALLS, recordCrashes } from './support/crash-histories.js';
import { isLinearizable, type Operation } from './support/is-linearizable.js';

/** `CRASH_SEED=… npx vitest run --config vitest.long.config.ts test/server/histories-with-crashes.test.ts` makes the same choices again; what the machine does in between is its own. */
const SEED = Number(env['CRASH_SEED'] ?? Date.now() % 2 ** 31);
const COURSES = Number(env['CRASH_COURSES'] ?? 6);
const NAMES = 8;
/** Nothing runs out by itself; and it does. Milliseconds. */
const [LONG, SHORT] = [60_000, 1000];

const files = mkdtempSync(join(tmpdir(), 'rxlock-tokens-'));
const tokens = join(files, 'tokens');
writeFileSync(tokens, Array.from({ length: 100 }, (_, user) => `user-${String(user)}:${userToken(user)}\n`).join(''), {
  mode: 0o600,
});
afterAll(() => {
  rmSync(files, { recursive: true });
});

let server: KillTarget | undefined;
afterEach(async () => {
  await server?.remove();
});

describe('rxlock serve --data, killed and started again while clients of all three protocols ask for a lock', () => {
  it(
    `answers as one lock would that outlives it, with seed ${String(SEED)}`,
    async () => {
      server = new KillTarget(undefined, command(tokens));
      await server.start();
      const random = new Chance(SEED);
      const seen: Operation[] = [];
      for (let course = 0; course < COURSES; course++) {
        const ttl = course % 3 === 2 ? SHORT : LONG;
        const histories = await crash(server, course, random, { ttl, kills: 2, token: userToken(99) });
        for (const history of histories) {
          expect(isLinearizable(history), JSON.stringify(history)).toBe(true);
          seen.push(...history);
        }
      }
      // They did meet, and some were cut off in the middle.
      const count = (what: Operation['what'], ok: boolean | undefined) =>
        seen.filter((one) => one.what === what && one.ok === ok).length;
      expect(count('acquire', true)).toBeGreaterThan(COURSES * NAMES);
      expect(count('acquire', false)).toBeGreaterThan(COURSES * NAMES);
      expect(seen.filter(({ ok }) => ok === undefined).length).toBeGreaterThan(COURSES);
    },
    120_000 + 10_000 * COURSES,
  );

  it.each(BREAKS)(
    'is told from one that %s',
    async (how) => {
      const random = new Chance(SEED);
      const found = async (): Promise<boolean> => {
        const broken = (server = new KillTarget(undefined, target(how)));
        await broken.start();
        const histories = await crash(broken, 0, random, { ttl: LONG, kills: 1 });
        await broken.remove();
        return histories.some((history) => !isLinearizable(history));
      };
      let goes = 1;
      while (!(await found())) expect(++goes).toBeLessThan(20);
    },
    120_000,
  );
});

/** How it is to go. */
interface Way {
  readonly ttl: number;
  readonly kills: number;
  readonly token?: string;
}

function crash(server: KillTarget, course: number, random: Chance, { ttl, kills, token }: Way): Promise<Operation[][]> {
  const names = Array.from({ length: NAMES }, (_, index) => `c${String(course)}-${String(index)}`);
  // While they are all at it.
  let calls = 0;
  const after = Array.from(
    { length: kills },
    () => (calls += Math.floor(((1 + random.next()) * NAMES * CALLS) / (2 * kills + 1))),
  );
  return recordCrashes({ server, token, names, kills: after, ttl, random });
}
