import { Redlock as Sesame } from '@sesamecare-oss/redlock';
import { Mutex } from 'redis-semaphore';
import Redlock from 'redlock';
import { createLock, IoredisAdapter } from 'redlock-universal';

/**
 * The locks for Redis that others have, by the name of their package, each used as its README says. All is as it is by
 * default, but for what lets `acquire` wait as long as need be.
 *
 * `key(name)` is the key of a lock. `open(client)`, on an ioredis client, gives `acquire(name, ttl)`, which gives a function
 * that releases, and `hold(name, ttl)`, which takes a lock that is kept and gives what `believes()` whether it is still held,
 * as the package tells its user.
 */
export const PEERS = {
  redlock: { key: itself, open: (client) => redlockOn(Redlock, client) },
  'redis-semaphore': { key: (name) => `mutex:${name}`, open: semaphoreOn },
  '@sesamecare-oss/redlock': { key: itself, open: (client) => redlockOn(Sesame, client) },
  'redlock-universal': { key: itself, open: universalOn },
};

function itself(name) {
  return name;
}

/** The two that have redlock's interface. */
function redlockOn(Class, client) {
  const [patient, usual] = [{ retryCount: -1 }, {}].map((settings) => new Class([client], settings));
  for (const one of [patient, usual]) one.on('error', () => {});
  return {
    async acquire(name, ttl) {
      const lock = await patient.acquire([name], ttl);
      return () => lock.release();
    },
    // The count of tries is also that of its renewals.
    hold: (name, ttl) => held((work) => usual.using([name], ttl, work)),
  };
}

function semaphoreOn(client) {
  const options = (ttl) => ({ lockTimeout: ttl, acquireTimeout: 600_000 });
  return {
    async acquire(name, ttl) {
      const mutex = new Mutex(client, name, options(ttl));
      await mutex.acquire();
      return () => mutex.release();
    },
    async hold(name, ttl) {
      let isLost = false;
      const onLockLost = () => (isLost = true);
      const mutex = new Mutex(client, name, { ...options(ttl), onLockLost });
      await mutex.acquire();
      return { believes: () => mutex.isAcquired && !isLost };
    },
  };
}

function universalOn(client) {
  const adapter = new IoredisAdapter(client);
  // It takes an object for each key, which is dear to make: they are kept.
  const locks = new Map();
  const lockOf = (key, ttl) => {
    if (!locks.has(key)) locks.set(key, createLock({ adapter, key, ttl, retryAttempts: 1_000_000 }));
    return locks.get(key);
  };
  return {
    async acquire(name, ttl) {
      const lock = lockOf(name, ttl);
      const handle = await lock.acquire();
      return () => lock.release(handle);
    },
    hold: (name, ttl) => held((work) => createLock({ adapter, key: name, ttl }).using(work)),
  };
}

/** A lock that is kept for as long as its work takes, for ever, and tells it of its loss by a signal. */
function held(using) {
  return new Promise((resolve, reject) => {
    using((signal) => {
      resolve({ believes: () => !signal.aborted });
      return new Promise(() => {});
    }).catch(reject);
  });
}
