// Finds the servers that the benches compare with, Redis and etcd, and installs them with apt-get where they are
// missing. Nothing but `npm run bench` needs etcd.
//
//   node scripts/bench-servers.mjs          prints where they are; installs them first if need be (Debian)
//   node scripts/bench-servers.mjs --find   prints where they are; exits with 1 if one is missing
//
// They are looked for in REDIS_SERVER_BIN and ETCD_BIN, the PATH and /usr/sbin.
import { argv, exit } from 'node:process';
import { pathToFileURL } from 'node:url';
import { aptInstall } from './lib/apt-get.mjs';
import { findProgram } from './lib/find-program.mjs';
import { findRedis, installRedis } from './redis.mjs';

const SERVERS = {
  redis: { find: findRedis, install: installRedis },
  etcd: {
    find: () => findProgram('etcd', 'ETCD_BIN', ['/usr/sbin']),
    install: () => {
      if (findServer('etcd') === undefined) aptInstall(['etcd-server']);
    },
  },
};

/** The path of `redis` or `etcd`; undefined if it is nowhere. */
export function findServer(server) {
  return SERVERS[server].find();
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    for (const [server, { install }] of Object.entries(SERVERS)) {
      if (!argv.includes('--find')) install();
      const path = findServer(server);
      if (path === undefined) throw new Error(`${server} is not installed; run: node scripts/bench-servers.mjs`);
      console.log(path);
    }
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}
