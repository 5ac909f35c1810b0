/**
 * Loaded before everything else in a holder's process: gives it a clock of its own, of another rate (`CLOCK_RATE`), and a
 * wall clock that can be stepped. All sources of time are replaced, and the timers with them.
 */
import os from 'node:os';

/** The clock of this process, beside the real one. */
export interface HolderClock {
  /** Real time, in epoch milliseconds. */
  real(): number;
  /** What the real time was when this process's wall clock showed this, as it is set now. */
  toReal(date: number): number;
  /** Steps the wall clock. */
  step(milliseconds: number): void;
}

/** Where the clock is found. */
export const HOLDER_CLOCK = Symbol.for('rxlock.test.holder-clock');

const rate = Number(process.env['CLOCK_RATE'] ?? '1');
let stepped = 0;

/** Lets a source go on from here at the rate. */
function scale(source: () => number): () => number {
  const start = source();
  return () => start + (source() - start) * rate;
}

const real = Date.now.bind(Date);
const start = real();
const scaledDate = scale(real);
Date.now = () => Math.floor(scaledDate() + stepped);
performance.now = scale(performance.now.bind(performance));
Object.assign(os, { uptime: scale(os.uptime.bind(os)) });

type Timer = (callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => unknown;
for (const name of ['setTimeout', 'setInterval'] as const) {
  const timer = globalThis[name] as Timer;
  const scaled: Timer = (callback, delay = 0, ...args) => timer(callback, delay / rate, ...args);
  Object.assign(globalThis, { [name]: Object.assign(scaled, timer) });
}

const clock: HolderClock = {
  real,
  toReal: (date) => start + (date - stepped - start) / rate,
  step(milliseconds) {
    stepped += milliseconds;
  },
};
Object.assign(globalThis, { [HOLDER_CLOCK]: clock });
