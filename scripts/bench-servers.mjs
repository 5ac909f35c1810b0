// Finds the servers that the benches compare with, Redis and etcd, and installs them with apt-get where they are
// missing. Nothing but `npm run bench` needs them.
//
//   node scripts/bench-servers.mjs          prints where they are; installs them first if need be (Debian, as root)
//   node scripts/bench-servers.mjs --find   prints where they are; exits with 1 if one is missing
//
// They are looked for in REDIS_SERVER_BIN and ETCD_BIN, the PATH and /usr/sbin.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { argv, env, exit } from 'node:process';
import { pathToFileURL } from 'node:url';

const SERVERS = {
  redis: { program: 'redis-server', variable: 'REDIS_SERVER_BIN', debian: 'redis-server' },
  etcd: { program: 'etcd', variable: 'ETCD_BIN', debian: 'etcd-server' },
};

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The path of `redis` or `etcd`; undefined if it is nowhere. */
export function findServer(server) {
  const { program, variable } = SERVERS[server];
  // Whoever names a binary wants that one and no other.
  if (env[variable]) return isProgram(env[variable]) ? env[variable] : undefined;
  return [...(env.PATH ?? '').split(delimiter), '/usr/sbin']
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find(isProgram);
}

/** What apt-get says goes to stderr: stdout is for the paths. */
function installServers() {
  const packages = Object.keys(SERVERS)
    .filter((server) => findServer(server) === undefined)
    .map((server) => SERVERS[server].debian);
  if (packages.length === 0) return;
  const { status } = spawnSync('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], {
    stdio: ['ignore', 2, 2],
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) throw new Error(`apt-get could not install ${packages.join(' and ')}`);
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    if (!argv.includes('--find')) installServers();
    for (const server of Object.keys(SERVERS)) {
      const path = findServer(server);
      if (path === undefined)
        throw new Error(`${SERVERS[server].program} is not installed; run: node scripts/bench-servers.mjs`);
      console.log(path);
    }
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}
