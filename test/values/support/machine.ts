import { afterEach, vi } from 'vitest';
import { SystemClock } from '../../../src/values/system-clock.js';

/** A machine whose sources of time the test moves. */
export function machine({
  platform = 'linux',
  getBuiltinModule = true,
  date = 1_700_000_000_000,
}: { platform?: NodeJS.Platform; getBuiltinModule?: boolean; date?: number } = {}) {
  const now = { performance: 5000, date, uptime: 900_000 };
  vi.spyOn(performance, 'now').mockImplementation(() => now.performance);
  vi.spyOn(Date, 'now').mockImplementation(() => now.date);
  vi.spyOn(process, 'platform', 'get').mockReturnValue(platform);
  const original = process.getBuiltinModule;
  const uptime = vi.fn(() => now.uptime / 1000);
  const fake = ((id: string) =>
    id === 'node:os' ? { ...original('node:os'), uptime } : original(id as 'node:os')) as typeof original;
  process.getBuiltinModule = getBuiltinModule ? fake : (undefined as never);
  restores.push(() => {
    process.getBuiltinModule = original;
  });
  const clock = new SystemClock();
  clock.elapsed();
  clock.sync();
  return {
    now,
    clock,
    uptime,
    /** Time passes while the machine runs. */
    run(ms: number): void {
      now.performance += ms;
      now.date += ms;
      now.uptime += ms;
    },
    /** Time passes while it is suspended. */
    suspend(ms: number): void {
      now.date += ms;
      now.uptime += ms;
    },
  };
}

const restores: (() => void)[] = [];

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const restore of restores.splice(0).reverse()) restore();
});
