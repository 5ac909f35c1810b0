import { filter, firstValueFrom, NEVER, race, timer } from 'rxjs';
import type { Core } from '../core/core.js';
import { parseDuration } from '../values/duration.js';
import type { HeldLease } from '../lease/held-lease.js';
import type { CloseOptions } from '../contract/locks.js';
import { refuseUnknown } from '../values/refuse-unknown.js';
import type { LockBackend } from '../contract/backend.js';

const CLOSE_OPTIONS: ReadonlySet<string> = new Set(['drain']);

/** How long `close()` waits for the answers to releases; closing the backend gives up what is left of them. Milliseconds. */
const RELEASES = 1000;

/** How many `Locks` use a backend. */
const users = new WeakMap<LockBackend, number>();

/** The end of a `Locks`: turns away who waits, lets work drain, gives back what is held, and closes the backend with its last user. */
export class Closing {
  private closing: Promise<void> | undefined;

  constructor(private readonly core: Core) {
    const { backend } = core;
    users.set(backend, (users.get(backend) ?? 0) + 1);
  }

  async close(options: CloseOptions): Promise<void> {
    refuseUnknown(options, CLOSE_OPTIONS);
    const drain = options.drain === undefined ? 0 : parseDuration(options.drain, 'drain');
    if (this.closing === undefined) {
      let start!: () => void;
      // Before it starts: whoever is told of the end may close once more.
      this.closing = new Promise((resolve) => {
        start = () => {
          resolve(this.end(drain));
        };
      });
      start();
    }
    return this.closing;
  }

  private async end(drain: number): Promise<void> {
    const { core } = this;
    const { backend } = core;
    core.closed = true;
    for (const contender of [...core.contenders]) contender.fail(core.closedError(contender.request.title));
    if (drain > 0 && core.keeper.size > 0) await when(core, () => core.keeper.size === 0, drain);
    for (const kept of core.keeper.all()) (kept as HeldLease).close(core.closedError((kept as HeldLease).name));
    if (core.keeper.size > 0) await when(core, () => core.keeper.size === 0);
    if (!core.isIdle) await when(core, () => core.isIdle, RELEASES);
    core.dispose();
    const left = (users.get(backend) ?? 1) - 1;
    users.set(backend, left);
    if (left === 0) await backend.close();
  }
}

/** Resolves when a condition has come about, or after some milliseconds. */
async function when(core: Core, condition: () => boolean, within = Infinity): Promise<void> {
  const late$ = within === Infinity ? NEVER : timer(within, core.runtime.scheduler);
  await firstValueFrom(race(core.changes.pipe(filter(condition)), late$));
}
