import { createLocks } from 'rxlock';
import { redis } from 'rxlock/redis';

/** rxlock in the words of the others, with all as it is by default. */
export const OURS = { key: (name) => `rxlock:{${name}}:x`, open };

function open(client) {
  const locks = createLocks(redis(client));
  return {
    locks,
    async acquire(name, ttl) {
      const lease = await locks.acquire(name, ttl);
      return () => lease.release();
    },
    hold: (name, ttl) =>
      new Promise((resolve, reject) => {
        locks.lock$(name, ttl).subscribe({
          next: ({ type, lease }) => type === 'acquired' && resolve({ believes: () => lease.isHeld }),
          error: reject,
        });
      }),
  };
}
