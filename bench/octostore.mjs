// Acquiring and releasing on a real OctoStore server, beside a plain `fetch` client, and beside the same client on an
// undici `Pool`, which is about the least that HTTP costs in Node.
import { createLocks } from 'rxlock';
import { octostore } from 'rxlock/octostore';
import { bench, quick } from './lib/bench.mjs';
import { compare, missing } from './lib/lines.mjs';
import { interleave } from './lib/numbers.mjs';
import { PlainClient, viaPool } from './lib/plain-client.mjs';
import { absent, url } from './lib/services.mjs';
import { throughput } from './lib/throughput.mjs';

/** By time, not by count: how long a durable write takes is up to the machine's disk. */
const MILLIS = quick ? 100 : 500;
const NAMES = { fetch: 'fetch', pool: 'bare undici Pool' };
const ROUNDS = quick ? 1 : 9;
/** Until then much of the code of each side is not compiled yet, and the compiler's time is measured with it. */
const WARM_UP = quick ? 0 : 12;

const sides = {
  ours() {
    const locks = createLocks(octostore());
    return throughput(MILLIS, async (worker) => (await locks.acquire(`ours-${worker}`, '30s')).release());
  },
  fetch: () => plain(new PlainClient()),
  pool: () => plain(new PlainClient(viaPool())),
};

function plain(client) {
  const prefix = `plain-${process.pid}`;
  return throughput(MILLIS, async (worker) =>
    client.release(`${prefix}-${worker}`, await client.acquire(`${prefix}-${worker}`)),
  );
}

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    if (!url.octostore) return report(missing('acquire + release on OctoStore', absent('octostore')));
    const started = {};
    for (const name of Object.keys(sides)) started[name] = await start(name);
    for (let warm = 0; warm < WARM_UP; warm++) for (const { round } of Object.values(started)) await round(16);
    for (const workers of [1, 16]) {
      const tasks = Object.entries(started).map(([name, { round }]) => [name, () => round(workers)]);
      const values = await interleave(ROUNDS, Object.fromEntries(tasks));
      const line = (what, unit, measure, name, targets) => {
        const [ours, theirs] = ['ours', name].map((one) => values[one].map((value) => value[measure]));
        report(
          compare({
            what: `${what}, ${workers} at a time`,
            unit,
            ours,
            theirs: { name: NAMES[name], values: theirs },
            targets,
          }),
        );
      };
      line('CPU a cycle', 'µs', 'cpu', 'fetch', [{ of: 'ratio', max: 1 / 3 }]);
      line('CPU a cycle', 'µs', 'cpu', 'pool');
      line('throughput', 'cycles/s', 'rate', 'fetch', workers === 1 ? [{ of: 'ratio', min: 1.4 }] : []);
      line('throughput', 'cycles/s', 'rate', 'pool');
    }
  },
});
