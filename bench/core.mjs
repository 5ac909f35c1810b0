// What a cycle through the core costs, beside the same lock composed of RxJS operators throughout, and the heap of a
// held lock. Both sides take turns within one run: on a busy machine only the ratio means something.
//
// Measures built output: `npm run bench`.
import { createLocks, memory } from 'rxlock';
import { defer, exhaustMap, finalize, interval, merge, of, retry, switchMap } from 'rxjs';

const CYCLES = 50_000;
const ROUNDS = 9;
const HELD = 50_000;

const locks = createLocks(memory());
const backend = memory();
const composing = createLocks(backend); // opens the backend

/** The lock as a chain of operators: contention, renewal and release, each subscription for itself. */
function composed$(name) {
  const request = { name, ttl: 30_000, wait: true, holder: 'bench', stray() {} };
  return defer(() => backend.acquire(request)).pipe(
    switchMap(({ grant }) =>
      merge(of({ type: 'acquired', grant }), interval(10_000).pipe(exhaustMap(() => backend.renew([grant], [30_000])))).pipe(
        finalize(() => backend.release([grant], [0]).subscribe()),
      ),
    ),
    retry({ delay: 50 }),
  );
}

/** Acquires, and releases in a later turn. */
function cycle(lock$) {
  return new Promise((resolve, reject) => {
    const subscription = lock$.subscribe({
      next({ type }) {
        if (type !== 'acquired') return;
        queueMicrotask(() => {
          subscription.unsubscribe();
          resolve();
        });
      },
      error: reject,
    });
  });
}

async function run(workers, work) {
  const from = process.cpuUsage();
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let i = 0; i < CYCLES / workers; i++) await work(`w${worker}`);
    }),
  );
  const { user, system } = process.cpuUsage(from);
  return (user + system) / CYCLES;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

console.log('CPU a cycle, median of %d rounds'.replace('%d', ROUNDS));
for (const workers of [1, 100]) {
  const sides = {
    'composed throughout': (name) => cycle(composed$(name)),
    'lock$': (name) => cycle(locks.lock$(name, '30s')),
    'acquire()': async (name) => (await locks.acquire(name, '30s')).release(),
  };
  const times = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [side, work] of Object.entries(sides)) times[side].push(await run(workers, work));
  }
  const base = median(times['composed throughout']);
  for (const side of Object.keys(sides)) {
    const time = median(times[side]);
    console.log(`${String(workers).padStart(4)} workers  ${side.padEnd(20)} ${time.toFixed(2)} µs  ratio ${(time / base).toFixed(2)}`);
  }
}

const names = Array.from({ length: HELD }, (_, i) => `held-${i}`);
global.gc();
const before = process.memoryUsage().heapUsed;
const held = names.map((name) => locks.lock$(name, '1h').subscribe());
await new Promise((resolve) => setTimeout(resolve, 10));
global.gc();
const kilobytes = (process.memoryUsage().heapUsed - before) / HELD / 1024;
console.log(`heap of a held lock  ${kilobytes.toFixed(2)} KB`);
for (const one of held) one.unsubscribe();
await Promise.all([locks.close(), composing.close()]);
