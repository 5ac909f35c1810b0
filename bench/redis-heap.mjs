// The heap that a held and renewed lock on Redis takes in the process that holds it.
import { Redis } from 'ioredis';
import { bench } from './lib/bench.mjs';
import { each, heapOf } from './lib/heap-of.mjs';
import { compare, missing } from './lib/lines.mjs';
import { OURS } from './lib/our-redis.mjs';
import { PEERS } from './lib/redis-peers.mjs';
import { absent, url } from './lib/services.mjs';

const TTL = 600_000;
const WHAT = 'heap of a held lock';

const side = (open) => () => {
  const locks = open(new Redis(url.redis));
  return heapOf(5000, (names) => each(names, (name) => locks.hold(`${process.pid}-${name}`, TTL)));
};

const sides = Object.fromEntries(
  Object.entries({ ours: OURS, ...PEERS }).map(([name, { open }]) => [name, side(open)]),
);

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    if (!url.redis) return report(missing(WHAT, absent('redis')));
    const heap = async (name) => [await (await start(name)).heap()];
    const mine = await heap('ours');
    for (const name of Object.keys(PEERS))
      report(compare({ what: WHAT, unit: 'KB', ours: mine, theirs: { name, values: await heap(name) } }));
  },
});
