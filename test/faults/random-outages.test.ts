import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { dflockd } from '../../src/backends/dflockd/index.js';
import { octostore } from '../../src/backends/octostore/index.js';
import { redis } from '../../src/backends/redis/index.js';
import { socket } from '../../src/backends/socket/index.js';
import { startDflockd } from '../support/dflockd-server.js';
import { NativeServer } from '../support/native-server.js';
import { RealOctoStore } from '../support/octostore-server.js';
import { quickFolder } from '../support/quick-folder.js';
import { RedisServer } from '../support/redis-server.js';
import { Chance } from '../whole/properties/search/chance.js';
import { Outages, type OutageService } from './support/outages.js';

/** How long each course takes. Milliseconds. */
const DURATION = 1000 * Number(env['OUTAGES_SECONDS'] ?? 40);

const SERVICES: Readonly<Record<string, () => Promise<OutageService>>> = {
  'rxlock serve': async () => {
    const folder = quickFolder('outages');
    const server = await NativeServer.start({ data: join(folder, 'data') });
    return {
      server: Object.assign(server, { stop: () => server.kill().then(() => rm(folder, { recursive: true })) }),
      backend: (port) => socket({ url: `ws://127.0.0.1:${String(port)}`, timeout: '1s' }),
      isDurable: true,
      handsOn: true,
    };
  },
  redis: async () => ({
    server: await RedisServer.start({ appendonly: true }),
    backend: (port) => redis(`redis://127.0.0.1:${String(port)}`, { timeout: '1s' }),
    isDurable: true,
    handsOn: true,
  }),
  octostore: async () => {
    const server = await RealOctoStore.start();
    const token = server.tokens.alice;
    return {
      server,
      backend: (port) => octostore({ baseUrl: `http://127.0.0.1:${String(port)}`, token, timeout: '1s' }),
      isDurable: false,
      handsOn: true,
    };
  },
  // It gives a lock away as soon as its connection closes, unless it is told not to: before the holder can hear of that.
  dflockd: async () => ({
    server: await startDflockd({ apart: true, autoRelease: false }),
    backend: (port) => dflockd({ port }),
    isDurable: false,
    handsOn: false,
  }),
};

describe('networks and servers that come and go by chance', () => {
  const seed = Number(env['OUTAGES_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  it.concurrent.each(Object.entries(SERVICES))(
    `never let two believe in one lock of %s, by OUTAGES_SEED=${String(seed)}`,
    async (_, start) => {
      const service = await start();
      try {
        const { grants, excesses, reasons, errors } = await new Outages(service, new Chance(seed), DURATION).play();
        expect(errors).toEqual([]);
        expect(excesses).toBe(0);
        expect(grants).toBeGreaterThan(10);
        // Nobody is told anything worse than that he could not renew in time; or on dflockd, that his connection is gone.
        expect([...reasons].filter((reason) => reason !== 'expired' && reason !== 'connection')).toEqual([]);
      } finally {
        await service.server.stop();
      }
    },
  );
});
