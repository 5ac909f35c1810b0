// What acquiring and releasing costs through the core, on the memory backend, beside the same lock composed of RxJS
// operators throughout, and beside async-mutex, which has no lease, no deadline and no events.
import { Mutex } from 'async-mutex';
import { createLocks, memory } from 'rxlock';
import { defer, exhaustMap, finalize, interval, merge, of, retry, switchMap } from 'rxjs';
import { bench, quick } from './lib/bench.mjs';
import { cycle } from './lib/cycle.mjs';
import { compare } from './lib/lines.mjs';
import { cost, inParallel, interleave } from './lib/numbers.mjs';

const CYCLES = quick ? 1000 : 50_000;
const ROUNDS = quick ? 1 : 9;

/** The lock as a chain of operators: contention, renewal and release, each subscription for itself. */
function composedOn(backend) {
  return (name) => {
    const request = { name, ttl: 30_000, wait: true, holder: 'bench', stray() {} };
    return defer(() => backend.acquire(request)).pipe(
      switchMap(({ grant }) =>
        merge(
          of({ type: 'acquired', grant }),
          interval(10_000).pipe(exhaustMap(() => backend.renew([grant], [30_000]))),
        ).pipe(finalize(() => backend.release([grant], [0]).subscribe())),
      ),
      retry({ delay: 50 }),
    );
  };
}

const rounds = (work) => ({
  async round(workers) {
    let cycles;
    const { cpu } = await cost(
      async () => (cycles = await inParallel(workers, CYCLES, (worker) => work(`w${worker}`))),
    );
    return cpu / cycles;
  },
});

function composed() {
  const backend = memory();
  createLocks(backend); // opens the backend
  const lock$ = composedOn(backend);
  return rounds((name) => cycle(lock$(name)));
}

const sides = {
  composed,
  lock$() {
    const locks = createLocks(memory());
    return rounds((name) => cycle(locks.lock$(name, '30s')));
  },
  // What it costs where RxJS is busy with other shapes of streams as well.
  async among() {
    const others = composed();
    const { round } = sides['lock$']();
    return { round: async (workers) => (await others.round(workers), round(workers)) };
  },
  acquire() {
    const locks = createLocks(memory());
    return rounds(async (name) => (await locks.acquire(name, '30s')).release());
  },
  // As it is once the process has run for a while: what a full collection has made old may keep alive what follows. The
  // first round after it does not count: a collection while nothing is held takes some compiled code along.
  aged() {
    const { round } = sides.acquire();
    return { round: async (workers) => (globalThis.gc(), await round(workers), round(workers)) };
  },
  // As it is beside many locks that are held.
  beside() {
    const locks = createLocks(memory());
    for (let i = 0; i < 5000; i++) locks.lock$(`held-${i}`, '1h').subscribe();
    return rounds((name) => cycle(locks.lock$(name, '30s')));
  },
  mutex() {
    const mutexes = new Map();
    return rounds(async (name) => {
      if (!mutexes.has(name)) mutexes.set(name, new Mutex());
      (await mutexes.get(name).acquire())();
    });
  },
};

const TARGETS = {
  lock$: { 1: [2.0, 0.43], 100: [1.2, 0.26] },
  acquire: { 1: [2.4, 0.51], 100: [1.6, 0.34] },
};

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    const started = {};
    for (const side of Object.keys(sides)) started[side] = await start(side);
    for (const workers of [1, 100]) {
      const tasks = Object.entries(started).map(([side, { round }]) => [side, () => round(workers)]);
      const values = await interleave(ROUNDS, Object.fromEntries(tasks));
      const line = (what, side, name, theirs, targets) =>
        report(
          compare({
            what: `${what}, ${workers} at a time`,
            unit: 'µs',
            ours: values[side],
            theirs: { name, values: values[theirs] },
            targets,
          }),
        );
      for (const [side, what] of Object.entries({ lock$: 'lock$', acquire: 'acquire()' })) {
        const [max, ratio] = TARGETS[side][workers];
        line(what, side, 'composed', 'composed', [{ max }, { of: 'ratio', max: ratio }]);
        line(what, side, 'async-mutex', 'mutex');
      }
      line('lock$ among other streams', 'among', 'composed', 'composed');
      line('lock$ beside 5,000 held', 'beside', 'lock$', 'lock$');
      line('acquire() after a full collection', 'aged', 'acquire()', 'acquire', [{ of: 'ratio', max: 1.2 }]);
    }
  },
});
