import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { Chance } from '../whole/properties/search/chance.js';
import { OUTAGE_SERVICES } from './support/outage-services.js';
import { Outages } from './support/outages.js';

/** How long each course takes. Milliseconds. */
const DURATION = 1000 * Number(env['OUTAGES_SECONDS'] ?? 40);

describe('networks and servers that come and go by chance', () => {
  const seed = Number(env['OUTAGES_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  it.concurrent.each(Object.entries(OUTAGE_SERVICES))(
    `never let two believe in one lock of %s, by OUTAGES_SEED=${String(seed)}`,
    async (_, start) => {
      const service = await start();
      try {
        const { excesses, reasons, errors } = await new Outages(service, new Chance(seed), DURATION).play();
        expect(errors).toEqual([]);
        expect(excesses).toBe(0);
        // Nobody is told anything worse than that he could not renew in time; or on dflockd, that his connection is gone.
        expect([...reasons].filter((reason) => reason !== 'expired' && reason !== 'connection')).toEqual([]);
      } finally {
        await service.server.stop();
      }
    },
  );
});
