import { firstValueFrom, from, mergeMap, timer, type Observable } from 'rxjs';
import type { Calls } from '../../../backends/redis/wire/calls.js';
import { codeOf, errorOfReply } from '../../../backends/redis/wire/error-of-reply.js';
import type { Script } from '../../../backends/redis/wire/script.js';
import type { Grant, Released } from '../../../contract/backend.js';
import { LockClosedError } from '../../../contract/errors.js';
import { Releases } from '../../../keeping/releases.js';
import { errorOf } from '../../../values/error-of.js';
import { systemRuntime } from '../../../values/system-runtime.js';
import { ResourceLockedError } from '../document/errors.js';
import type { ScriptSet } from '../document/script-set.js';
import type { RedlockClient } from '../document/types.js';
import type { Stake } from './stake.js';
import type { Part } from './part.js';
import type { Voter } from './round.js';

/** How long the answer of a server is waited for. Milliseconds. */
export const ANSWER = 2000;

/** One of the clients: what is asked of its server, and what goes back there. */
export class QuorumMember implements Voter {
  private readonly releases: Releases;
  private readonly parts = new WeakMap<Stake, Part>();
  private isClosed = false;

  constructor(
    readonly client: RedlockClient,
    private readonly calls: Calls,
    private readonly scripts: ScriptSet,
  ) {
    const nothing = (): void => {
      // What is given back is sent at once.
    };
    const backend = { release: (grants: readonly Grant[]) => this.release(grants as readonly Stake[]) };
    this.releases = new Releases(systemRuntime, backend, nothing, nothing);
  }

  /**
   * Takes all of it, if nothing of it is taken.
   *
   * @param notAfter On `clock.elapsed`: it is not taken after that.
   */
  acquire(stake: Stake, duration: number, notAfter: number): Promise<void> {
    const part = this.partOf(stake);
    const until = this.limit(notAfter);
    const settled = (): void => {
      part.isAsked = false;
    };
    const asked = this.run(this.scripts.acquire, stake, [String(duration)], until, (isDoubtful) => {
      part.doubtUntil = isDoubtful ? until : -Infinity;
    });
    part.isAsked = true;
    part.asked = asked.then(settled, settled);
    return asked;
  }

  /** Prolongs all of it, if all of it is there. As {@link acquire}. */
  extend(stake: Stake, duration: number, notAfter: number): Promise<void> {
    return this.run(this.scripts.extend, stake, [String(duration)], this.limit(notAfter));
  }

  /**
   * Gives it back, and tries again until it has run out by itself, for ten seconds at most.
   *
   * @param duration Milliseconds that it was asked for.
   */
  giveBack(stake: Stake, duration: number): Promise<void> {
    if (this.isClosed) return Promise.reject(closed());
    void this.followUp(stake, duration);
    return this.send(stake, duration);
  }

  close(): void {
    this.isClosed = true;
    this.releases.stop();
    this.calls.close(closed());
  }

  /** Gives back once more what was still to be granted: when that is answered, and after the last moment for it. */
  private async followUp(stake: Stake, duration: number): Promise<void> {
    const { clock, scheduler } = systemRuntime;
    const part = this.partOf(stake);
    if (!part.isAsked && part.doubtUntil <= clock.elapsed()) return;
    await part.asked;
    await firstValueFrom(timer(Math.max(0, part.doubtUntil - clock.elapsed()), scheduler));
    await this.send(stake, duration).catch(() => undefined);
  }

  private send(stake: Stake, duration: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.releases.push({
        name: stake.name,
        grant: stake,
        ttl: duration,
        keepFor: 0,
        answered: (outcome, cause) => {
          if (outcome === 'released') resolve();
          else reject(errorOf(cause ?? closed()));
        },
      });
      this.releases.flush();
    });
  }

  private release(stakes: readonly Stake[]): Observable<Released> {
    return from(stakes).pipe(
      mergeMap(async (stake, index): Promise<Released> => {
        const part = this.partOf(stake);
        // Of a return that was not answered this is the answer.
        const wasReturned = part.isReturned;
        try {
          await this.run(this.scripts.release, stake, [], undefined, (isDoubtful) => {
            part.isReturned = isDoubtful;
          });
          return { index, outcome: 'released' };
        } catch (cause) {
          if (!(cause instanceof ResourceLockedError)) return { index, outcome: 'unknown', cause };
          return wasReturned ? { index, outcome: 'released' } : { index, outcome: 'gone', cause };
        }
      }),
    );
  }

  /** @param doubt Told whether it may have been done, or be done later, although nobody knows. */
  private async run(
    script: Script,
    stake: Stake,
    args: readonly string[],
    until: number | undefined,
    doubt?: (isDoubtful: boolean) => void,
  ): Promise<void> {
    const { resources, value, name } = stake;
    let done: unknown;
    try {
      if (!this.calls.isUp) await this.calls.ready();
      doubt?.(true);
      const answer = await this.calls.run({ script, keys: resources, args: [value, ...args], until });
      [done] = answer.replies;
      doubt?.(false);
    } catch (error) {
      if (codeOf(error) !== undefined) doubt?.(false);
      throw errorOfReply(error, { what: 'lock', where: this.calls.port.where, name });
    }
    if (done === resources.length) return;
    throw new ResourceLockedError(
      `The operation was applied to: ${String(done)} of the ${String(resources.length)} requested resources.`,
    );
  }

  private limit(notAfter: number): number {
    return Math.min(notAfter, systemRuntime.clock.elapsed() + ANSWER);
  }

  private partOf(stake: Stake): Part {
    const known = this.parts.get(stake);
    if (known !== undefined) return known;
    const part: Part = { isAsked: false, asked: undefined, doubtUntil: -Infinity, isReturned: false };
    this.parts.set(stake, part);
    return part;
  }
}

function closed(): LockClosedError {
  return new LockClosedError('this Redlock has quit');
}
