// What it costs a server to keep its locks: acquiring and releasing through one connection, on a server that writes each grant to its disk before it tells
// of it, beside one that keeps nothing. All that arrives while one batch is written shares the next, so the more at a time, the less each of them pays.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocks } from 'rxlock';
import { createLockServer } from 'rxlock/server';
import { socket } from 'rxlock/socket';
import { bench, quick } from './lib/bench.mjs';
import { compare } from './lib/lines.mjs';
import { interleave } from './lib/numbers.mjs';
import { throughput } from './lib/throughput.mjs';

const MILLIS = quick ? 50 : 500;
const ROUNDS = quick ? 1 : 9;
const WORKERS = [1, 16, 100];
/** Where the disk is that is measured. */
const PARENT = process.env.BENCH_DATA ?? tmpdir();

/** A server of its own, and its only client. */
async function serve(options) {
  const server = await createLockServer({ ws: 0, ...options });
  const locks = createLocks(socket({ url: server.addresses.ws.url, ...(options.data ? {} : { fencing: false }) }));
  const { round } = throughput(MILLIS, async (worker) => (await locks.acquire(`w${worker}`, '30s')).release());
  const commits = async () => Number(/^rxlock_commit_seconds_count\S* (\d+)/m.exec(await server.metrics())?.[1] ?? 0);
  return {
    async round(workers) {
      const before = await commits();
      const { cpu, rate } = await round(workers);
      return { cpu, rate, shared: (rate * MILLIS) / 1000 / Math.max(1, (await commits()) - before) };
    },
  };
}

const sides = {
  kept() {
    const data = mkdtempSync(join(PARENT, 'rxlock-bench-'));
    process.on('exit', () => rmSync(data, { recursive: true, force: true }));
    return serve({ data });
  },
  forgotten: () => serve({ ephemeral: { wait: false } }),
};

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    const started = { kept: await start('kept'), forgotten: await start('forgotten') };
    for (const workers of WORKERS) {
      const tasks = Object.entries(started).map(([name, { round }]) => [name, () => round(workers)]);
      const values = await interleave(ROUNDS, Object.fromEntries(tasks));
      const measured = (name, measure) => values[name].map((value) => value[measure]);
      const line = (what, unit, measure) => {
        const theirs = { name: 'nothing kept', values: measured('forgotten', measure) };
        report(compare({ what: `${what}, ${workers} at a time`, unit, ours: measured('kept', measure), theirs }));
      };
      line('throughput', 'cycles/s', 'rate');
      line('CPU a cycle, of server and client', 'µs', 'cpu');
      report(
        compare({ what: `locks that share a sync, ${workers} at a time`, unit: '', ours: measured('kept', 'shared') }),
      );
    }
  },
});
