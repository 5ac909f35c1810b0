/** Where the services are that the runner has started; undefined where it found none. */
export const url = {
  redis: process.env.BENCH_REDIS_URL,
  etcd: process.env.BENCH_ETCD_URL,
  octostore: process.env.OCTOSTORE_BASE_URL,
  dflockd: process.env.BENCH_DFLOCKD,
  dflockdReal: process.env.BENCH_DFLOCKD_REAL,
  rxlock: process.env.BENCH_RXLOCK,
  rxlockStored: process.env.BENCH_RXLOCK_STORED,
  bare: process.env.BENCH_BARE,
};

const INSTALLERS = {
  redis: 'no redis-server; `node scripts/bench-servers.mjs` installs it',
  etcd: 'no etcd; `node scripts/bench-servers.mjs` installs it',
  octostore: 'no octostore; `npm run octostore` installs it',
  dflockd: 'it was not started; `npm run bench` starts it',
  dflockdReal: 'DFLOCKD_BIN names no server',
  rxlock: 'it was not started; `npm run bench` starts it',
};

/** Why a line has no figure. */
export const absent = (service) => INSTALLERS[service];
