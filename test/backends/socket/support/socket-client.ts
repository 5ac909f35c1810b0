import { asyncScheduler, firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { socket, type SocketBackend, type SocketOptions } from '../../../../src/backends/socket/index.js';
import type { AcquireRequest, Grant, Released, Renewal, Revocation } from '../../../../src/contract/backend.js';
import { Attempt, ShiftedClock, type Granted } from '../../../support/octostore-client.js';

export { anyName, type Attempt, type Granted } from '../../../support/octostore-client.js';

type Asked = Partial<Omit<AcquireRequest, 'name' | 'holder' | 'stray'>>;

/** How the core keeps what is kept by keep-alives. */
export const KEEPING = { renew: true, renewRatio: 1 / 3, safetyFactor: 0.8 };

/** A backend of its own, used through its contract, as the core does. */
export class SocketClient {
  readonly clock = new ShiftedClock();
  readonly revocations: Revocation[] = [];
  readonly backend: SocketBackend<boolean>;

  constructor(options: SocketOptions) {
    this.backend = socket({ reconnect: { initial: 5, max: 50 }, ...options });
    this.backend.open?.({ clock: this.clock, scheduler: asyncScheduler, random: () => 0.5 });
    this.backend.revoked$?.subscribe((revocation) => this.revocations.push(revocation));
  }

  /** Names and reasons of what was lost. */
  get lost(): readonly string[] {
    return this.revocations.flatMap(({ grants, reason }) => grants.map(({ name }) => `${name}: ${reason}`));
  }

  ask(name: string, asked: Asked = {}): Attempt {
    return new Attempt(this.backend, { name, ttl: 30_000, wait: true, keeping: KEEPING, ...asked });
  }

  acquire(name: string, asked: Asked = {}): Promise<Granted> {
    return this.ask(name, asked).granted();
  }

  async release(...grants: readonly Grant[]): Promise<readonly Released['outcome'][]> {
    return this.releaseLater(0, ...grants);
  }

  async releaseLater(keepFor: number, ...grants: readonly Grant[]): Promise<readonly Released['outcome'][]> {
    const times = grants.map(() => keepFor);
    const released = await lastValueFrom(this.backend.release(grants, times).pipe(toArray()));
    return released.sort((a, b) => a.index - b.index).map(({ outcome }) => outcome);
  }

  async renew(grants: readonly Grant[], ttl = 30_000): Promise<readonly Renewal[]> {
    const ttls = grants.map(() => ttl);
    const renewals = await lastValueFrom(this.backend.renew(grants, ttls).pipe(toArray()));
    return renewals.sort((a, b) => a.index - b.index);
  }

  async isHeld(name: string): Promise<boolean> {
    return (await firstValueFrom(this.backend.status(name))).status === 'held';
  }
}
