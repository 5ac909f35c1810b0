import { describe, expect, it } from 'vitest';
import type { FaultRow } from '../support/table.js';
import { ask, ASKING } from './support/asking.js';
import { HOLDER, NETWORK, SERVICE } from './support/holding.js';
import { play, TTL, type Fault } from './support/scene.js';
import { share, SHARING } from './support/sharing.js';
import { leaveAtEachStep, STEPS } from './support/steps.js';
import { stepped, WALL_CLOCK } from './support/wall-clock.js';

/** The same, of somebody who shares the lock. */
function shared(fault: Fault): Fault {
  return { ...fault, options: { ...fault.options, mode: 'shared' } };
}

/** Each fault a test, and a line of the table. */
function rows<F extends { readonly title: string }>(
  group: string,
  faults: readonly F[],
  run: (fault: F) => FaultRow | Promise<FaultRow>,
): void {
  describe(`${group}, in virtual time`, () => {
    for (const fault of faults) {
      it(fault.title, async ({ task }) => {
        const row = (task.meta.faultRow = await run(fault));
        expect(row.overhold).toBe(0);
      });
    }
  });
}

rows('held, and the network fails', NETWORK, play);
rows('held, and the service fails', SERVICE, play);
rows("held, and the holder's machine fails", HOLDER, play);
rows("held, and the holder's wall clock is stepped at 5000", WALL_CLOCK, stepped);
rows('shared, and the network fails', NETWORK.map(shared), play);
rows('shared, and the service fails', SERVICE.map(shared), play);
rows("shared, and the holder's machine fails", HOLDER.map(shared), play);
rows('shared by two while a writer waits, and the machine of one of them fails', SHARING, share);
rows('asked for', ASKING, ask);
rows('left at some step, and wanted again at once by the same client', STEPS, leaveAtEachStep);

describe('the documented limit, in virtual time', () => {
  it('a clock at three quarters of the rate of the service believes in the lock for too long', () => {
    const told = ['0 acquired', '6073 uncertain', '8147 uncertain', '10220 uncertain', '10667 lost (expired)'];
    const row = play({ title: 'too slow', service: { renew: '' }, rate: 0.75, counts: 0, told });
    expect(row.overhold).toBe(Math.floor((0.8 * TTL) / 0.75) - TTL);
  });
});
