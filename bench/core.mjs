// Cycles through the core on the embedded backend, and the heap of a held lock.
// Measures built output: `npm run build && node --expose-gc bench/core.mjs`.
import { createLocks, memory } from 'rxlock';

const locks = createLocks(memory());
const N = 200_000;

function cycle$(name) {
  return new Promise((resolve, reject) => {
    const subscription = locks.lock$(name, '30s').subscribe({
      next(event) {
        if (event.type === 'acquired') {
          queueMicrotask(() => {
            subscription.unsubscribe();
            resolve();
          });
        }
      },
      error: reject,
    });
  });
}

function syncLoop(n) {
  for (let i = 0; i < n; i++) locks.lock$('sync', '30s').subscribe().unsubscribe();
}

async function workers(count, n, work) {
  await Promise.all(
    Array.from({ length: count }, async (_, w) => {
      for (let i = 0; i < n / count; i++) await work(`w${w}`);
    }),
  );
}

async function measure(title, work) {
  await work(N / 10);
  let best = Infinity;
  for (let i = 0; i < 5; i++) {
    const from = process.cpuUsage();
    await work(N);
    const used = process.cpuUsage(from);
    best = Math.min(best, (used.user + used.system) / N);
  }
  console.log(`${title.padEnd(36)} ${best.toFixed(2)} µs`);
}

await measure('lock$ in one turn', (n) => syncLoop(n));
await measure('lock$, 1 worker', (n) => workers(1, n, cycle$));
await measure('lock$, 100 workers', (n) => workers(100, n, cycle$));
await measure('acquire(), 1 worker', (n) => workers(1, n, async (name) => (await locks.acquire(name, '30s')).release()));
await measure('acquire(), 100 workers', (n) => workers(100, n, async (name) => (await locks.acquire(name, '30s')).release()));

const HELD = 50_000;
const holding = [];
global.gc();
const before = process.memoryUsage().heapUsed;
const names = Array.from({ length: HELD }, (_, i) => `held-${i}`);
global.gc();
const named = process.memoryUsage().heapUsed;
for (const name of names) holding.push(locks.lock$(name, '1h').subscribe());
await new Promise((resolve) => setTimeout(resolve, 10));
global.gc();
const after = process.memoryUsage().heapUsed;
console.log(`heap of a held lock ${((after - named) / HELD / 1024).toFixed(2)} KB`);
for (const one of holding) one.unsubscribe();
await locks.close();
void before;
