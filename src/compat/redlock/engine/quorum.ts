import { firstValueFrom, from, mergeMap, timer, type Observable } from 'rxjs';
import type { Grant, Renewal } from '../../../contract/backend.js';
import { systemRuntime } from '../../../values/system-runtime.js';
import type { Settings } from '../document/settings.js';
import type { ExecutionResult, ExecutionStats } from '../document/types.js';
import { Stake } from './stake.js';
import { failed } from './failed.js';
import type { QuorumMember } from './quorum-member.js';
import { round, type Round } from './round.js';
import { validity } from './validity.js';
import { within } from './within.js';

/** How long a caller waits for a release. It goes on in the background after that. Milliseconds. */
const PATIENCE = 1000;

/** What a majority has confirmed in one round. */
export interface Won {
  readonly stake: Stake;
  /** When it was asked for, on `clock.elapsed`. */
  readonly sentAt: number;
  /** When it stops being believed in, on `clock.elapsed`. */
  readonly deadline: number;
  readonly attempts: readonly Promise<ExecutionStats>[];
}

/** Asks all clients, and goes by what the majority of them says. */
export class Quorum {
  private isClosed = false;

  /** @param against Hears of each vote against. Never throws. */
  constructor(
    private readonly members: readonly QuorumMember[],
    private readonly against: (error: Error) => void,
  ) {}

  /** @throws ExecutionError once nothing is tried again. */
  async acquire(resources: readonly string[], duration: number, settings: Settings): Promise<Won> {
    const attempts: Promise<ExecutionStats>[] = [];
    for (let retries = 0; ; retries++) {
      const stake = new Stake(resources);
      const asked = this.ask((member, notAfter) => member.acquire(stake, duration, notAfter), duration, settings);
      attempts.push(asked.stats);
      const verdict = await asked.verdict;
      if (verdict === 'won' && asked.deadline > systemRuntime.clock.elapsed()) return { ...asked, stake, attempts };
      this.giveUp(stake, duration);
      if (this.isClosed) throw failed('closed', attempts);
      if (retries === settings.retryCount) throw failed(verdict === 'refused' ? 'held' : 'network', attempts);
      await pause(settings);
    }
  }

  /**
   * Prolongs what is held.
   *
   * @param until When it stops being believed in, on `clock.elapsed`: after that nothing is tried again.
   * @throws ExecutionError
   */
  async extend(stake: Stake, until: number, duration: number, settings: Settings): Promise<Won> {
    const attempts: Promise<ExecutionStats>[] = [];
    const { clock } = systemRuntime;
    for (let retries = 0; clock.elapsed() < until; retries++) {
      const asked = this.ask((member, notAfter) => member.extend(stake, duration, notAfter), duration, settings);
      attempts.push(asked.stats);
      const verdict = await asked.verdict;
      if (verdict === 'won' && asked.deadline > clock.elapsed()) return { ...asked, stake, attempts };
      if (verdict === 'refused') throw failed('lost', attempts);
      if (this.isClosed) throw failed('closed', attempts);
      if (retries === settings.retryCount) throw failed('network', attempts);
      await pause(settings);
    }
    throw failed('expired', attempts, 'extension');
  }

  /**
   * Gives it back. Where that is not answered it is tried again in the background.
   *
   * @param rest For how long it has not run out by itself. Milliseconds.
   * @throws ExecutionError
   */
  async release(stake: Stake, rest: number): Promise<ExecutionResult> {
    const { verdict, stats } = round(this.members, (one) => within(PATIENCE, one.giveBack(stake, rest)), this.against);
    const said = await verdict;
    if (said !== 'won') throw failed(said === 'refused' ? 'lost' : 'network', [stats]);
    return { attempts: [stats] };
  }

  /** Gives it back in the background; nobody waits. */
  giveUp(stake: Stake, rest: number): void {
    for (const member of this.members) {
      member.giveBack(stake, rest).catch(() => {
        // It runs out by itself.
      });
    }
  }

  /** One round for each, as the keeper asks for it. */
  renew(stakes: readonly Grant[], durations: readonly number[], settings: Settings): Observable<Renewal> {
    return from(stakes as readonly Stake[]).pipe(
      mergeMap(async (stake, index): Promise<Renewal> => {
        const ttl = durations[index] as number;
        const asked = this.ask((member, notAfter) => member.extend(stake, ttl, notAfter), ttl, settings);
        const verdict = await asked.verdict;
        if (verdict === 'won') return { index, outcome: 'renewed', bounds: [{ sentAt: asked.sentAt, ttl }] };
        return verdict === 'refused'
          ? { index, outcome: 'refused', cause: failed('lost', [asked.stats]) }
          : { index, outcome: 'unknown', cause: failed('network', [asked.stats]) };
      }),
    );
  }

  close(): void {
    this.isClosed = true;
    for (const member of this.members) member.close();
  }

  private ask(
    question: (member: QuorumMember, notAfter: number) => Promise<void>,
    duration: number,
    { driftFactor }: Settings,
  ): Round & { readonly deadline: number } {
    const deadline = systemRuntime.clock.elapsed() + validity(duration, driftFactor);
    const asked = round(this.members, (member) => question(member, deadline), this.against);
    return { ...asked, deadline };
  }
}

async function pause({ retryDelay, retryJitter }: Settings): Promise<void> {
  const { random, scheduler } = systemRuntime;
  await firstValueFrom(timer(retryDelay + Math.floor(random() * retryJitter), scheduler));
}
