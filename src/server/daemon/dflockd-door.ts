import { DflockdFront } from '../dflockd/dflockd-front.js';
import type { FrontSettings } from '../dflockd/options.js';
import type { FrontKit } from '../front-kit.js';
import { listen } from '../net/listen.js';
import type { Endpoint } from './address.js';
import type { Door } from './door.js';
import { listenOptions } from './listen-options.js';
import type { TlsPem } from './options.js';

/** As the real server has it, in milliseconds: who sends no line for so long, and holds nothing, is closed. */
const READ_TIMEOUT = 23_000;
const LEASE = 33_000;
const KEY_IDLE = 60_000;
/** For all connections together. */
const MAX_LISTENING = 65_536;

/** The port at which the dflockd protocol is spoken. */
export function dflockdDoor(endpoint: Endpoint, kit: FrontKit, tls: TlsPem | undefined): Door {
  const front = new DflockdFront(kit.core, settingsOf(kit), kit);
  return {
    names: ['dflockd'],
    endpoint,
    open: () => listen(front, listenOptions(endpoint, kit, tls)),
    drain: () => {
      front.drain();
    },
    close: () => {
      front.close();
      return Promise.resolve();
    },
  };
}

function settingsOf({ limits, maxTtl, randomBytes }: FrontKit): FrontSettings {
  const { places, locks, waiters, watches, stallTime, operationsPerSecond, bufferedPerClient } = limits;
  return {
    auth: undefined,
    defaultLease: Math.min(LEASE, maxTtl - (maxTtl % 1000)),
    maxLease: maxTtl,
    readTimeout: READ_TIMEOUT,
    // Its clients renew at half of a lease, and a lease may be longer than twice that.
    holdersMayBeSilent: true,
    writeTimeout: stallTime,
    idle: KEY_IDLE,
    autoRelease: true,
    limits: {
      keys: places,
      waiters: Infinity,
      places,
      placesEach: locks + waiters,
      subscriptions: watches,
      listening: MAX_LISTENING,
      operationsPerSecond,
      bufferedPerClient,
    },
    randomBytes,
  };
}
