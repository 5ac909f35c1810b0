// The heap that a held and renewed lock takes in the process that holds it.
import { Etcd3 } from 'etcd3';
import { Redis } from 'ioredis';
import { Mutex } from 'redis-semaphore';
import Redlock from 'redlock';
import { createLocks, memory } from 'rxlock';
import { bench } from './lib/bench.mjs';
import { each, heapOf } from './lib/heap-of.mjs';
import { compare } from './lib/lines.mjs';
import { absent, url } from './lib/services.mjs';

const sides = {
  ours() {
    const locks = createLocks(memory());
    return heapOf(50_000, async (names) => names.map((name) => locks.lock$(name, '1h').subscribe()));
  },
  redlock() {
    const redlock = new Redlock([new Redis(url.redis)]);
    return heapOf(5000, (names) =>
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
    return heapOf(5000, (names) =>
      each(names, async (name) => {
        const mutex = new Mutex(client, `s-${name}`, { lockTimeout: 600_000 });
        await mutex.acquire();
        return mutex;
      }),
    );
  },
  etcd3() {
    const client = new Etcd3({ hosts: url.etcd });
    return heapOf(2000, (names) => each(names, (name) => client.lock(name).ttl(600).acquire()));
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
