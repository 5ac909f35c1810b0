// The heap that a held and renewed lock takes in the process that holds it.
import { setTimeout as pause } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { Redis } from 'ioredis';
import { Mutex } from 'redis-semaphore';
import Redlock from 'redlock';
import { createLocks, memory } from 'rxlock';
import { bench, quick } from './lib/bench.mjs';
import { compare } from './lib/lines.mjs';
import { absent, url } from './lib/services.mjs';

const few = (count) => (quick ? Math.min(count, 200) : count);

/** Kilobytes a lock. `hold` settles when all are held; nobody but the library keeps anything of them. */
const side = (count, hold) => ({
  async heap() {
    const names = Array.from({ length: few(count) }, (_, i) => `held-${i}`);
    await hold(['first']); // what is made once, for the first
    const before = await used();
    const held = await hold(names);
    const after = await used();
    if (held.length !== names.length) throw new Error(`${held.length} of ${names.length} held`);
    return (after - before) / names.length / 1024;
  },
});

/** Heap in use, with timers and late callbacks over. */
async function used() {
  for (let i = 0; i < 3; i++) {
    await pause(50);
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

/** So many at a time: a burst of thousands would leave its queues behind. */
async function each(names, hold) {
  const held = [];
  for (let i = 0; i < names.length; i += 100) held.push(...(await Promise.all(names.slice(i, i + 100).map(hold))));
  return held;
}

const sides = {
  ours() {
    const locks = createLocks(memory());
    return side(50_000, async (names) => names.map((name) => locks.lock$(name, '1h').subscribe()));
  },
  redlock() {
    const redlock = new Redlock([new Redis(url.redis)]);
    return side(5000, (names) =>
      each(
        names,
        (name) =>
          new Promise((resolve, reject) => {
            const work = () => new Promise(() => resolve(true));
            redlock.using([name], 600_000, work).catch(reject);
          }),
      ),
    );
  },
  'redis-semaphore'() {
    const client = new Redis(url.redis);
    return side(5000, (names) =>
      each(names, async (name) => {
        const mutex = new Mutex(client, `s-${name}`, { lockTimeout: 600_000 });
        await mutex.acquire();
        return mutex;
      }),
    );
  },
  etcd3() {
    const client = new Etcd3({ hosts: url.etcd });
    return side(2000, (names) => each(names, (name) => client.lock(name).ttl(600).acquire()));
  },
};

const SERVICES = { redlock: 'redis', 'redis-semaphore': 'redis', etcd3: 'etcd' };

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    const ours = [await (await start('ours')).heap()];
    for (const [name, service] of Object.entries(SERVICES)) {
      const theirs = url[service]
        ? { name, values: [await (await start(name)).heap()] }
        : { name, missing: absent(service) };
      report(compare({ what: 'heap of a held lock', unit: 'KB', ours, theirs, targets: [{ max: 0.7 }] }));
    }
  },
});
