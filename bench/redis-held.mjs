// What it costs to hold 10,000 locks on Redis with a ttl of 10 s. All sides hold theirs at the same time, each in a process
// of its own, and none counts what the server spends.
import { Redis } from 'ioredis';
import { bench, quick } from './lib/bench.mjs';
import { HELD, holder, measureHolding } from './lib/holding.mjs';
import { compare, missing } from './lib/lines.mjs';
import { OURS } from './lib/our-redis.mjs';
import { PEERS } from './lib/redis-peers.mjs';
import { absent, url } from './lib/services.mjs';

const WINDOW = quick ? 1500 : 20_000;

const side = (open) => () => {
  const locks = open(new Redis(url.redis));
  const held = [];
  return holder(
    WINDOW,
    async (name) => held.push(await locks.hold(`${process.pid}-${name}`, 10_000)),
    () => {
      const lost = held.filter((lock) => !lock.believes()).length;
      if (lost > 0) throw new Error(`${lost} were not held throughout`);
    },
  );
};

const sides = Object.fromEntries(
  Object.entries({ ours: OURS, ...PEERS }).map(([name, { open }]) => [name, side(open)]),
);

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    const what = `${HELD.toLocaleString('en')} held, ttl 10 s`;
    if (!url.redis) return report(missing(what, absent('redis')));
    const started = await Promise.all(Object.keys(sides).map((name) => start(name)));
    const [mine, ...theirs] = await measureHolding(started);
    for (const [index, name] of Object.keys(PEERS).entries()) {
      const other = { name, values: theirs[index] };
      report(compare({ what, unit: '% of a core', ours: mine, theirs: other, targets: [{ max: 1 }] }));
    }
  },
});
