/** A `Locks` in the words of the others (see `redis-peers.mjs`), with all as it is by default. */
export const inTheirWords = (locks) => ({
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
});
