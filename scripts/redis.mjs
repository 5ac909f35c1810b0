// Finds Redis's server, and installs it with apt-get where it is missing (Debian). It is a Sentinel and a node of a Cluster
// as well.
//
//   node scripts/redis.mjs          prints where the server is; installs it first if need be
//   node scripts/redis.mjs --find   prints where it is; exits with 1 if it is nowhere
//
// It is looked for in REDIS_SERVER_BIN, the PATH, /usr/sbin and /usr/local/bin. Any Redis or Valkey from 7.0 on will do.
import { argv, exit } from 'node:process';
import { pathToFileURL } from 'node:url';
import { aptInstall } from './lib/apt-get.mjs';
import { findProgram } from './lib/find-program.mjs';

export function findRedis() {
  return findProgram('redis-server', 'REDIS_SERVER_BIN', ['/usr/sbin', '/usr/local/bin']);
}

export function installRedis() {
  const found = findRedis();
  if (found !== undefined) return found;
  aptInstall(['redis-server']);
  const installed = findRedis();
  if (installed === undefined) throw new Error('apt-get could not install redis-server');
  return installed;
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    const path = argv.includes('--find') ? findRedis() : installRedis();
    if (path === undefined) throw new Error('redis-server is not installed; run: node scripts/redis.mjs');
    console.log(path);
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}
