import { VirtualTimeScheduler } from 'rxjs';
import { createLocks } from '../../src/locks/create-locks.js';
import type { LocksOptions } from '../../src/contract/options.js';
import { ManualBackend } from './manual-backend.js';

/** Virtual time that a test moves by hand. */
export class Time extends VirtualTimeScheduler {
  /** Runs everything that is due within the next `ms` milliseconds. */
  advance(ms: number): void {
    const until = this.frame + ms;
    this.maxFrames = until;
    this.flush();
    this.frame = until;
  }

  /** Ends the turn: what was put off to its end happens. */
  turn(): void {
    this.advance(0);
  }
}

/** Locks on a backend that the test answers for, in virtual time, without jitter. */
export function setup(options: LocksOptions = {}, features: ConstructorParameters<typeof ManualBackend>[0] = {}) {
  const time = new Time();
  const backend = new ManualBackend(features);
  const locks = createLocks(backend, { scheduler: time, random: () => 0, holder: 'me', ...options });
  return { time, backend, locks };
}

/** What a stream did, as strings: easy to compare. */
export function record<T extends { readonly type: string }>(time: { now(): number }) {
  const log: string[] = [];
  const events: T[] = [];
  return {
    log,
    events,
    observer: {
      next(event: T): void {
        events.push(event);
        log.push(`${String(time.now())} ${event.type}`);
      },
      error(error: unknown): void {
        log.push(`${String(time.now())} ${(error as Error).name}`);
      },
      complete(): void {
        log.push(`${String(time.now())} complete`);
      },
    },
  };
}

/** Locks whose service grants, renews and releases at once, in virtual time. */
export function granting(options: Parameters<typeof setup>[0] = {}, features: Parameters<typeof setup>[1] = {}) {
  const all = setup(options, features);
  all.backend.onAcquire = (call) => call.grant();
  all.backend.onRenew = (call) => {
    call.confirm();
  };
  return all;
}

/** Lets promises settle, and ends the turns that this brings about. */
export async function settle(time: Time): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await Promise.resolve();
    time.turn();
  }
}
