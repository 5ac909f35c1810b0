import { cost, inParallelFor } from './numbers.mjs';

/** A side that works for so many milliseconds a round. A round gives cycles a second, and microseconds of CPU a cycle. */
export const throughput = (millis, work) => ({
  async round(workers) {
    let cycles;
    const { cpu, wall } = await cost(async () => (cycles = await inParallelFor(workers, millis, work)));
    return { cpu: cpu / cycles, rate: (1e6 * cycles) / wall };
  },
});
