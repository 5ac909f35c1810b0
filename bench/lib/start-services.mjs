import { findServer } from '../../scripts/bench-servers.mjs';
import { startOctostore } from '../../scripts/lib/octostore-server.mjs';
import { startRedis } from '../../scripts/lib/redis-server.mjs';
import { startOwnDflockd, startRealDflockd } from './dflockd-servers.mjs';
import { startLockServers } from './lock-servers.mjs';
import { onFreePorts } from '../../scripts/lib/free-ports.mjs';
import { startServer } from '../../scripts/lib/server-process.mjs';

/**
 * Starts those of `names` that are installed, each on free loopback ports and with data of its own.
 *
 * @returns `env` for the rows, and `stop()`.
 */
export async function startServices(names) {
  const started = [];
  const stop = async () => void (await Promise.all(started.splice(0).map((service) => service.stop())));
  try {
    for (const name of names) {
      const service = await STARTERS[name]();
      if (service !== undefined) started.push(service);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { env: Object.assign({}, ...started.map(({ env }) => env)), stop };
}

const STARTERS = {
  octostore: startOctostore,
  dflockd: startOwnDflockd,
  'dflockd-real': startRealDflockd,
  rxlock: startLockServers,

  async redis() {
    const server = await startRedis();
    return server && { ...server, env: { BENCH_REDIS_URL: server.env.REDIS_URL } };
  },

  async etcd() {
    const program = findServer('etcd');
    if (program === undefined) return undefined;
    return onFreePorts(2, (...ports) => startEtcd(program, ...ports.map((port) => `http://127.0.0.1:${port}`)));
  },
};

function startEtcd(program, client, peer) {
  const args = [
    '--data-dir',
    'data',
    '--logger',
    'zap',
    '--log-level',
    'error',
    '--initial-cluster',
    `default=${peer}`,
  ];
  for (const [option, address] of [
    ['--listen-client-urls', client],
    ['--advertise-client-urls', client],
    ['--listen-peer-urls', peer],
    ['--initial-advertise-peer-urls', peer],
  ]) {
    args.push(option, address);
  }
  const up = async () => {
    const { health } = await (await fetch(`${client}/health`)).json();
    if (String(health) !== 'true') throw new Error('not healthy yet');
  };
  return startServer(program, args, { BENCH_ETCD_URL: client }, up);
}
