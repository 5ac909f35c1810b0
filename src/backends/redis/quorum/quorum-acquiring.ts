import { catchError, map, merge, of, type Observable, type Subscriber, type Subscription } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import { type RedisGrant } from '../locks/redis-grant.js';
import type { PlainEngine } from '../plain/plain-engine.js';
import { called } from '../wire/error-of-reply.js';
import { giveBack } from './give-back.js';
import { QuorumGrant } from './quorum-grant.js';
import { Tally } from './tally.js';
import type { Verdict } from './verdict-of.js';

type Held = Extract<AcquireSignal, { type: 'held' }>;

/** What one server says. */
interface Vote {
  readonly server: number;
  readonly signal?: AcquireSignal;
  readonly error?: unknown;
}

/**
 * One attempt: one round, in which each server is asked once. What a majority grants is a lock, and what others grant later is part of it. Without a
 * majority all that was granted goes back.
 */
export class QuorumAcquiring {
  spot = -1;
  private readonly parts: (RedisGrant | undefined)[];
  private readonly tally: Tally;
  private readonly startedAt: number;
  private grant: QuorumGrant | undefined;
  private isLost = false;
  private shortest: Held | undefined;
  private votes: Subscription | undefined;

  constructor(
    private readonly request: AcquireRequest,
    private readonly sink: Subscriber<AcquireSignal>,
    private readonly servers: readonly PlainEngine[],
    clock: Clock,
  ) {
    this.parts = servers.map(() => undefined);
    this.tally = new Tally(servers.length);
    this.startedAt = clock.elapsed();
  }

  start(): void {
    this.sink.add(() => {
      this.abandon();
    });
    this.votes = merge(...this.servers.map((server, index) => this.ask(server, index))).subscribe((vote) => {
      this.count(vote);
    });
    if (this.isLost) this.votes.unsubscribe();
  }

  turnAway(error: LockError): void {
    this.fail(error);
  }

  private fail(error: LockError): void {
    if (!this.sink.closed) this.sink.error(error);
  }

  private ask(server: PlainEngine, index: number): Observable<Vote> {
    const { ttl } = this.request;
    const stray = (grant: RedisGrant): void => {
      giveBack(server, grant, ttl);
    };
    return server.attempts.acquire({ ...this.request, wait: false, stray: stray }).pipe(
      map((signal) => ({ server: index, signal })),
      catchError((error: unknown) => of({ server: index, error })),
    );
  }

  private count({ server, signal, error }: Vote): void {
    if (signal?.type === 'granted') this.given(server, signal.grant as RedisGrant);
    if (signal?.type === 'held') this.refused(signal);
    const vote = signal?.type === 'granted' ? 'yes' : signal?.type === 'held' ? 'no' : 'unknown';
    const verdict = this.tally.add(vote, error);
    if (verdict !== undefined && !this.isLost) this.decide(verdict);
  }

  private given(server: number, part: RedisGrant): void {
    this.parts[server] = part;
    if (this.isLost || this.grant?.isOver === true)
      giveBack(this.servers[server] as PlainEngine, part, this.request.ttl);
  }

  private refused(held: Held): void {
    if ((held.retryAfter ?? Infinity) < (this.shortest?.retryAfter ?? Infinity)) this.shortest = held;
  }

  private decide(verdict: Verdict): void {
    const { name, holder, ttl } = this.request;
    if (verdict === 'won') {
      this.grant = new QuorumGrant(name, holder, this.parts, ttl);
      this.sink.next({ type: 'granted', grant: this.grant, bounds: [{ sentAt: this.startedAt, ttl }] });
      this.sink.complete();
      return;
    }
    this.abandon();
    if (verdict === 'refused') {
      this.sink.next(this.shortest ?? { type: 'held' });
      this.sink.complete();
    } else this.fail(this.tooFew());
  }

  private tooFew(): LockNetworkError {
    const { name } = this.request;
    const { yes, no, members, cause } = this.tally;
    return new LockNetworkError(
      `cannot acquire ${called({ name })}: ${String(yes)} of ${String(members)} servers grant it, and ${String(no)} refuse it`,
      { name, cause },
    );
  }

  /** Without a majority by now it is not to be had any more. */
  private abandon(): void {
    if (this.grant !== undefined || this.isLost) return;
    this.isLost = true;
    this.votes?.unsubscribe();
    this.servers.forEach((server, index) => {
      giveBack(server, this.parts[index], this.request.ttl);
    });
  }
}
