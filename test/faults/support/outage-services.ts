import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dflockd } from '../../../src/backends/dflockd/index.js';
import { octostore } from '../../../src/backends/octostore/index.js';
import { redis } from '../../../src/backends/redis/index.js';
import { socket } from '../../../src/backends/socket/index.js';
import { startDflockd } from '../../support/dflockd-server.js';
import { NativeServer } from '../../support/native-server.js';
import { RealOctoStore } from '../../support/octostore-server.js';
import { quickFolder } from '../../support/quick-folder.js';
import { RedisServer } from '../../support/redis-server.js';
import type { OutageService } from './outages.js';

const TIMEOUT = '1s';

/** What starts each service, by its name; whoever does so stops its server. */
export const OUTAGE_SERVICES: Readonly<Record<string, () => Promise<OutageService>>> = {
  'rxlock serve': async () => {
    const folder = quickFolder('outages');
    const server = await NativeServer.start({ data: join(folder, 'data') });
    const options = (port: number) => ({ url: `ws://127.0.0.1:${String(port)}`, timeout: TIMEOUT }) as const;
    return {
      server: Object.assign(server, { stop: () => server.kill().then(() => rm(folder, { recursive: true })) }),
      backend: (port) => socket(options(port)),
      inWorker: (port) => ({ make: 'mortalSocket', args: [options(port)] }),
      isDurable: true,
      handsOn: true,
    };
  },
  redis: async () => {
    const options = (port: number) => [`redis://127.0.0.1:${String(port)}`, { timeout: TIMEOUT }] as const;
    return {
      server: await RedisServer.start({ appendonly: true }),
      backend: (port) => redis(...options(port)),
      inWorker: (port) => ({ make: 'mortalRedis', args: options(port) }),
      isDurable: true,
      handsOn: true,
    };
  },
  octostore: async () => {
    const server = await RealOctoStore.start();
    const token = server.tokens.alice;
    const options = (port: number) =>
      ({ baseUrl: `http://127.0.0.1:${String(port)}`, token, timeout: TIMEOUT }) as const;
    return {
      server,
      backend: (port) => octostore(options(port)),
      inWorker: (port) => ({ make: 'mortalOctostore', args: [options(port)] }),
      isDurable: false,
      handsOn: true,
    };
  },
  // It gives a lock away as soon as its connection closes, unless it is told not to: before the holder can hear of that.
  dflockd: async () => ({
    server: await startDflockd({ apart: true, autoRelease: false }),
    backend: (port) => dflockd({ port }),
    inWorker: (port) => ({ make: 'mortalDflockd', args: [{ port }] }),
    isDurable: false,
    handsOn: false,
  }),
};
