/** The value below which this part of the values lies. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

export const median = (values) => quantile(values, 0.5);

/** Runs each of `tasks` once a round, taking turns, after one round that does not count. Values by task. */
export async function interleave(rounds, tasks) {
  const values = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, task] of Object.entries(tasks)) {
      const value = await task();
      if (round >= 0) values[name].push(value);
    }
  }
  return values;
}

/** What `work` costs: microseconds of CPU (user and system, all threads) and of time. */
export async function cost(work) {
  const from = process.cpuUsage();
  const began = performance.now();
  await work();
  const wall = (performance.now() - began) * 1000;
  const { user, system } = process.cpuUsage(from);
  return { cpu: user + system, wall };
}

/** `workers` at a time, `cycles` in all. */
export async function inParallel(workers, cycles, work) {
  const each = Math.ceil(cycles / workers);
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let i = 0; i < each; i++) await work(worker);
    }),
  );
  return each * workers;
}

/** `workers` at a time, for so many milliseconds. Gives the number of cycles. */
export async function inParallelFor(workers, millis, work) {
  const end = performance.now() + millis;
  let cycles = 0;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (; performance.now() < end; cycles++) await work(worker);
    }),
  );
  return cycles;
}
