/** Each row is a program of its name; `limit` is in milliseconds. */
export const ROWS = [
  { name: 'core', title: 'acquire + release on the memory backend, CPU', limit: 90_000, services: [] },
  { name: 'heap', title: 'heap of a held lock', limit: 60_000, services: ['redis', 'etcd'] },
  { name: 'held', title: 'many locks held at once, CPU', limit: 60_000, services: ['redis'] },
  { name: 'gate', title: 'what withLock adds to each value, CPU', limit: 30_000, services: [] },
  { name: 'octostore', title: 'acquire + release on OctoStore', limit: 60_000, services: ['octostore'] },
  { name: 'handoff', title: '20 waiters, holds of 1 ms', limit: 120_000, services: ['octostore', 'redis'] },
  { name: 'dflockd', title: 'acquire + release on dflockd', limit: 90_000, services: ['dflockd', 'dflockd-real'] },
  { name: 'dflockd-handoff', title: '20 waiters on dflockd', limit: 120_000, services: ['dflockd', 'dflockd-real'] },
  { name: 'dflockd-held', title: 'locks held on dflockd, CPU', limit: 120_000, services: ['dflockd', 'dflockd-real'] },
  { name: 'redis', title: 'acquire + release on Redis', limit: 90_000, services: ['redis'] },
  { name: 'redis-handoff', title: '20 waiters on Redis', limit: 150_000, services: ['redis'] },
  { name: 'redis-held', title: 'locks held on Redis, CPU', limit: 90_000, services: ['redis'] },
  { name: 'redis-heap', title: 'heap of a lock held on Redis', limit: 60_000, services: ['redis'] },
  { name: 'store', title: 'a server that keeps its locks', limit: 60_000, services: [] },
  { name: 'size', title: 'minified + gzip, without rxjs', limit: 30_000, services: [] },
];
