// Acquiring and releasing over OctoStore's HTTP API: the project's own server, which stores each grant, beside the real
// one, for the same undici client. And how soon the command answers after its start.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { bench, quick } from './lib/bench.mjs';
import { compare, missing } from './lib/lines.mjs';
import { answers, COMMAND } from './lib/lock-servers.mjs';
import { interleave } from './lib/numbers.mjs';
import { PlainClient, viaPool } from './lib/plain-client.mjs';
import { absent, url } from './lib/services.mjs';
import { throughput } from './lib/throughput.mjs';
import { onFreePorts } from '../scripts/lib/free-ports.mjs';

const MILLIS = quick ? 100 : 500;
const ROUNDS = quick ? 1 : 9;
const STARTS = quick ? 1 : 7;

const side = (baseUrl) => () => {
  const client = new PlainClient(viaPool(baseUrl));
  return throughput(MILLIS, async (worker) => {
    const name = `plain-${process.pid}-${worker}`;
    await client.release(name, await client.acquire(name));
  });
};
const sides = {
  'stored, as the real one does': side(`http://${url.rxlockStored}`),
  'nothing stored': side(`http://${url.rxlock}`),
  octostore: side(url.octostore),
  'a bare server': side(`http://${url.bare}`),
};
/** Those that are compared, each with the real server; and the first, for one worker, with what is possible. */
const OURS = ['stored, as the real one does', 'nothing stored'];

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    const times = [];
    for (let i = 0; i < STARTS; i++) times.push(await startTime());
    report(compare({ what: 'rxlock serve: start to first answer', unit: 'ms', ours: times, targets: [{ max: 300 }] }));
    const what = 'acquire + release over HTTP';
    if (!url.rxlock) return report(missing(what, absent('rxlock')));
    if (!url.octostore) return report(missing(what, absent('octostore')));
    const started = {};
    for (const name of Object.keys(sides)) started[name] = await start(name);
    for (let warm = 0; warm < (quick ? 0 : 3); warm++) for (const { round } of Object.values(started)) await round(16);
    for (const workers of [1, 16, 100]) {
      const tasks = Object.entries(started).map(([name, { round }]) => [name, () => round(workers)]);
      const values = await interleave(ROUNDS, Object.fromEntries(tasks));
      const rate = (name) => values[name].map((value) => value.rate);
      for (const name of OURS) {
        const theirs = { name: 'octostore', values: rate('octostore') };
        const targets = name.startsWith('stored') ? [{ of: 'ratio', min: 2 }] : [];
        report(compare({ what: `${name}: ${workers} at a time`, unit: 'cycles/s', ours: rate(name), theirs, targets }));
      }
      const theirs = { name: 'a bare server', values: rate('a bare server') };
      const ours = rate(OURS[0]);
      if (workers === 1) report(compare({ what: `${OURS[0]}: 1 at a time`, unit: 'cycles/s', ours, theirs }));
    }
  },
});

/** Milliseconds. */
function startTime() {
  return onFreePorts(1, startTimeOn);
}

async function startTimeOn(port) {
  const began = performance.now();
  const child = spawn(process.execPath, [COMMAND, 'serve', '--http', String(port), '--ephemeral'], { stdio: 'ignore' });
  try {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`rxlock serve ended with exit code ${child.exitCode}`);
      if (
        await answers(port).then(
          () => true,
          () => false,
        )
      )
        return performance.now() - began;
      await pause(2);
    }
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
