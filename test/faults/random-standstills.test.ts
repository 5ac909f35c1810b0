import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { Chance } from '../whole/properties/search/chance.js';
import { OUTAGE_SERVICES } from './support/outage-services.js';
import { threadedOutages } from './support/threaded-outages.js';

/** How long each course takes. Milliseconds. */
const DURATION = 1000 * Number(env['OUTAGES_SECONDS'] ?? 20);

describe('backends in workers, on main threads that stand still and networks and servers that come and go by chance', () => {
  const seed = Number(env['OUTAGES_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  it.concurrent.each(Object.entries(OUTAGE_SERVICES))(
    `never let two believe in one lock of %s, by OUTAGES_SEED=${String(seed)}`,
    async (name, start) => {
      const service = await start();
      try {
        const report = await threadedOutages(service, new Chance(seed), DURATION);
        const { beliefs, excesses, reasons, errors, outlived, deaths } = report;
        // Whoever plays one again wants to know what has happened in it.
        if (env['OUTAGES_SEED'] !== undefined)
          console.log(name, { excesses, grants: beliefs.length, outlived, deaths });
        expect(errors).toEqual([]);
        expect(excesses).toBe(0);
        // Nobody is told anything worse than that he could not renew in time, or that his worker or his connection is gone.
        expect(reasons.filter((reason) => reason !== 'expired' && reason !== 'connection')).toEqual([]);
      } finally {
        await service.server.stop();
      }
    },
  );
});
