import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findServer } from '../../scripts/bench-servers.mjs';
import { startOctostore } from '../../scripts/lib/octostore-server.mjs';

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

  async redis() {
    const program = findServer('redis');
    if (program === undefined) return undefined;
    const [port] = await freePorts(1);
    const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const up = async () => {
      const { default: Redis } = await import('ioredis');
      const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: null });
      client.on('error', () => {});
      await client.connect().finally(() => client.disconnect());
    };
    return server(program, args, { BENCH_REDIS_URL: `redis://127.0.0.1:${port}` }, up);
  },

  async etcd() {
    const program = findServer('etcd');
    if (program === undefined) return undefined;
    const [client, peer] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`);
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
    return server(program, args, { BENCH_ETCD_URL: client }, up);
  },
};

async function server(program, args, env, up) {
  const folder = await mkdtemp(join(tmpdir(), 'rxlock-bench-'));
  const child = spawn(program, args.map(String), { cwd: folder, stdio: 'ignore' });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (child.exitCode !== null) throw new Error(`${program} ended at once, with exit code ${child.exitCode}`);
      const isUp = await up().then(
        () => true,
        () => false,
      );
      if (isUp) return { env, stop };
      await pause(50);
    }
    throw new Error(`${program} did not answer within 10 s`);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function freePorts(count) {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(probes.map((probe) => once(probe, 'listening')));
  const ports = probes.map((probe) => probe.address().port);
  await Promise.all(probes.map((probe) => (probe.close(), once(probe, 'close'))));
  return ports;
}
