import { createLocks, type LockBackend, type Locks, type RetryOptions } from '../../../src/index.js';
import type { Features, TokenOf } from '../../../src/contract/backend.js';
import { anyName } from '../../support/octostore-client.js';
import { Child, type ChildOptions } from './child.js';
import { History } from './history.js';
import { Party } from './party.js';

/** Whoever waits tries so often that no overhold is missed. */
const IMPATIENT: RetryOptions = { initial: '20ms', max: '20ms', jitter: 'none' };

/** All who contend for one name in a row, and what became of the one that the fault happens to: the `holder`. */
export class Cast {
  readonly name = anyName('fault');
  readonly history = new History(this.name);
  private readonly parties: { readonly who: string; readonly locks: Locks; readonly reasons: readonly string[] }[] = [];
  private readonly children: Child[] = [];
  /** When the fault happened. Epoch milliseconds. */
  private struck: number | undefined;

  /** A client in this process. */
  party<F extends Features>(who: string, backend: LockBackend<F>): Party<TokenOf<F>> {
    const party = new Party(who, createLocks(backend, { retry: IMPATIENT }), this.history);
    this.parties.push(party);
    return party;
  }

  /** A holder in a process of its own. */
  child(options: ChildOptions): Child {
    const child = new Child('holder', this.name, this.history, options);
    this.children.push(child);
    return child;
  }

  /** Lets the fault happen. */
  async strike(fault: () => unknown): Promise<void> {
    this.struck = Date.now();
    await fault();
  }

  /** What became of the holder's lock: what he was told, why he lost it, and how long after the fault. */
  fate(): string {
    const lost = this.history.first('holder', 'lost');
    const fate = this.history.fate('holder');
    if (lost === undefined) return fate;
    const reasons = this.parties.flatMap(({ who, reasons: all }) => (who === 'holder' ? all : []));
    const why = reasons.length === 0 ? '' : ` (${[...new Set(reasons)].join()})`;
    const when = this.struck === undefined ? '' : ` after ${String(Math.round(lost.told - this.struck))} ms`;
    return fate + why + when;
  }

  /** Everybody ends in order. */
  async leave(): Promise<void> {
    await Promise.all([
      ...this.parties.map(({ locks }) => locks.close()),
      ...this.children.map((child) => child.end()),
    ]);
  }

  /** Whatever has happened: nobody is left. */
  async end(): Promise<void> {
    for (const child of this.children) child.kill();
    await Promise.allSettled(this.parties.map(({ locks }) => locks.close()));
  }
}
