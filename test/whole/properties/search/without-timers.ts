/**
 * Takes the real timers away: all time is virtual, but RxJS reports what nobody handles from a `setTimeout`.
 *
 * @returns What was put off in the meantime, and the way back.
 */
export function withoutTimers(): { readonly late: (() => void)[]; restore(): void } {
  const { setTimeout, setInterval } = globalThis;
  const late: (() => void)[] = [];
  const put = (callback: () => void): void => {
    late.push(callback);
  };
  const refuse = (_: () => void, ms = 0): void => {
    const error = new Error(`a real timer of ${String(ms)} ms`);
    late.push(() => {
      throw error;
    });
  };
  Object.assign(globalThis, { setTimeout: put, setInterval: refuse });
  return {
    late,
    restore: () => {
      Object.assign(globalThis, { setTimeout, setInterval });
    },
  };
}
