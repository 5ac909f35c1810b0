import { tap, toArray, type Observable } from 'rxjs';
import { createLocks } from '../../locks/create-locks.js';
import { systemClock } from '../../values/system-clock.js';
import type { Locks } from '../../contract/locks.js';
import type { Grant, LockBackend, Released, Renewal } from '../../contract/backend.js';
import type { LocksOptions } from '../../contract/options.js';
import type { LockStatus } from '../../contract/status.js';
import { RawAttempt, type Ask, type Attempting, type Granted } from './raw-attempt.js';
import { check } from './check.js';
import { wrongBounds } from './what-is-wrong.js';
import type { Workplace } from './workplace.js';

const RETRY = { initial: '20ms', max: '100ms' } as const;

/** One client of the service: its backend, raw, and any number of `Locks` on it. */
export class BenchClient implements Attempting {
  /** Everything that was granted to raw attempts, to be given back in the end. */
  readonly grants = new Set<Grant>();
  readonly locks: Locks;
  private readonly all: Locks[] = [];

  constructor(
    readonly bench: Workplace,
    readonly backend: LockBackend,
    readonly holder: string,
  ) {
    // The first of them opens the backend, for raw use too; the last to be closed closes it.
    this.locks = this.moreLocks();
  }

  /** Another participant on the same backend. */
  moreLocks(options: LocksOptions = {}): Locks {
    const holder = this.all.length === 0 ? this.holder : `${this.holder}-${String(this.all.length + 1)}`;
    const locks = createLocks(this.backend, { holder, retry: RETRY, ...options });
    this.all.push(locks);
    return locks;
  }

  /** Asks once, raw. */
  ask(name: string, ask: Ask = {}): RawAttempt {
    return new RawAttempt(this, name, ask);
  }

  /** Asks once, and expects a grant. */
  async take(name: string, ask: Ask = {}): Promise<Granted> {
    return this.ask(name, ask).grant();
  }

  /** Asks again and again until it is granted. */
  async takeSoon(name: string, complaint: string, ask: Ask = {}): Promise<Granted> {
    let granted: Granted | undefined;
    await this.bench.until(async () => {
      granted = (await this.ask(name, ask).end()).granted;
      return granted !== undefined;
    }, complaint);
    check(granted !== undefined, complaint);
    return granted;
  }

  /** Is it free for us? Gives it back at once. */
  async becomesFree(name: string, complaint: string): Promise<void> {
    const { grant } = await this.takeSoon(name, complaint);
    await this.release([grant]);
  }

  async renew(grants: readonly Grant[], ttl = this.bench.long): Promise<readonly Renewal[]> {
    const ttls = grants.map(() => ttl);
    return this.batch('renewal', grants, this.backend.renew(grants, ttls));
  }

  async release(grants: readonly Grant[]): Promise<readonly Released[]> {
    const keepFor = grants.map(() => 0);
    const released = await this.batch('release', grants, this.backend.release(grants, keepFor));
    for (const grant of grants) this.grants.delete(grant);
    return released;
  }

  async status(name: string): Promise<LockStatus> {
    return this.locks.status(name);
  }

  async statusBecomes(name: string, status: LockStatus['status']): Promise<LockStatus> {
    let last: LockStatus | undefined;
    await this.bench.until(async () => {
      last = await this.status(name);
      return last.status === status;
    }, `the status of '${name}' never became ${status}`);
    check(last !== undefined, `there is no status of '${name}'`);
    return last;
  }

  /** A grant that came too late is given back, as the core does it. */
  stray(grant: Grant): void {
    this.grants.add(grant);
    this.bench.background(this.release([grant]));
  }

  async close(): Promise<void> {
    const held = [...this.grants];
    this.grants.clear();
    const isOpen = !this.bench.closedBackends.has(this.backend);
    if (held.length > 0 && isOpen) await this.release(held).catch(() => undefined);
    for (const locks of this.all) await this.bench.within(locks.close(), 'locks did not close');
  }

  private async batch<R extends Renewal | Released>(
    what: string,
    grants: readonly Grant[],
    answers$: Observable<R>,
  ): Promise<readonly R[]> {
    const told: R[] = [];
    const all$ = answers$.pipe(
      tap((answer) => {
        told.push(answer);
        if (!('bounds' in answer)) return;
        for (const wrong of wrongBounds(answer.bounds, systemClock().elapsed())) {
          this.bench.violation(`of a renewal: ${wrong}`);
        }
      }),
      toArray(),
    );
    const complaint = (): string =>
      grants.length > 0 && told.length === grants.length
        ? `a ${what} was answered, but never completed`
        : `a ${what} was not answered`;
    const answers = await this.bench.collect(all$, complaint);
    const seen = new Set<number>();
    for (const { index } of answers) {
      check(index in grants, `a ${what} was answered for index ${String(index)} of ${String(grants.length)}`);
      check(!seen.has(index), `a ${what} was answered twice for one index`);
      seen.add(index);
    }
    return [...answers].sort((a, b) => a.index - b.index);
  }
}
