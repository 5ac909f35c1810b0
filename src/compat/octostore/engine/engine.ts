import {
  catchError,
  defer,
  distinctUntilChanged,
  EMPTY,
  filter,
  firstValueFrom,
  from,
  ignoreElements,
  lastValueFrom,
  map,
  merge,
  Subject,
  switchMap,
  takeUntil,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import { isOk, type Answer } from '../../../backends/octostore/wire/answer.js';
import { Api, type Call } from '../../../backends/octostore/wire/api.js';
import { octostoreBackend } from '../../../backends/octostore/backend.js';
import { oneAtATime } from '../../../backends/octostore/client/one-at-a-time.js';
import { retryCutOff } from '../../../backends/octostore/wire/retry-cut-off.js';
import { readStatus } from '../../../backends/octostore/wire/status.js';
import { TokenSource } from '../../../backends/octostore/wire/token-source.js';
import type { Transport, TransportOptions } from '../../../backends/octostore/wire/transport.js';
import { Watches } from '../../../backends/octostore/client/watches.js';
import { createLocks } from '../../../locks/create-locks.js';
import { LockClosedError } from '../../../contract/errors.js';
import type { Locks } from '../../../contract/locks.js';
import type { LockStatus } from '../../../contract/status.js';
import type { Runtime } from '../../../contract/time.js';
import { Acquisitions } from './acquisitions.js';
import { cleanUp } from './clean-up.js';
import { AuthenticationError, LockError, NetworkError } from '../document/errors.js';
import { Leases, type KnownLease } from './leases.js';
import type { ClientSettings } from '../document/options.js';
import { OwnSession } from './own-session.js';
import { deferred, type Deferred } from '../../../values/deferred.js';
import { patiently } from './patiently.js';
import { readInfo, readRenewal, readToken, type Listed } from '../document/read.js';
import type { RotatingToken } from '../document/rotating-token.js';
import { abortOf } from './abort-of.js';
import { isLeaseLost, refusalOf, RENEW, translated } from '../document/translate.js';
import type { AcquireResult, LockInfo, RenewResult, TokenInfo, UserLock } from '../document/types.js';

/** How long one request for a session may take, at most: it must be kept alive in spite of one that hangs. Milliseconds. */
const SESSION_REQUEST = 5000;
/** The shortest that the backend takes. Milliseconds. */
const MIN_REQUEST = 10;
/** How long `close()` waits for what is under way. Milliseconds. */
const CLOSING = 2000;
/** How often a status that is watched is read, however well the push works. Milliseconds. */
const POLL = 5000;

/** All that a client is made of but its methods: what is asked, what is held, and how it ends. */
export class Engine {
  /** Milliseconds. */
  timeout: number;
  readonly leases: Leases;
  private readonly api: Api;
  private readonly transport: Transport;
  private readonly token: RotatingToken | undefined;
  private readonly session: OwnSession | undefined;
  private readonly acquisitions: Acquisitions;
  private readonly watches: Watches;
  /** What the server calls this client's owners, as far as is known. */
  private readonly owners = new Set<string>();
  private readonly closed$ = new Subject<void>();
  private made: Locks<bigint> | undefined;
  private closed = false;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly settings: ClientSettings,
    private readonly connect: (options: TransportOptions) => Transport,
    private readonly runtime: Runtime,
  ) {
    const { baseUrl, timeout, sessionTtl, session, onLockLost } = settings;
    this.timeout = timeout;
    this.transport = connect({ baseUrl, connectTimeout: timeout });
    this.token = settings.token;
    const api = new Api({ baseUrl, timeout, token: this.token }, this.transport, runtime);
    this.api = api;
    this.leases = new Leases(() => runtime.clock.elapsed());
    const { leases } = this;
    if (session) {
      const brief = { baseUrl, timeout: Math.min(timeout, SESSION_REQUEST), token: this.token };
      const lasting = new Api(brief, this.transport, runtime);
      this.session = new OwnSession({ api: lasting, runtime, ttl: sessionTtl, leases, lost: onLockLost });
    }
    this.acquisitions = new Acquisitions({ api, runtime, leases, session: this.session });
    this.watches = new Watches({ api, runtime, status: (name) => this.status(name) });
  }

  /** The streams and promises of rxlock, on the same account. Made when they are first asked for. */
  get locks(): Locks<bigint> {
    if (this.made === undefined) {
      const { runtime, settings, token } = this;
      const timeout = Math.min(SESSION_REQUEST, Math.max(MIN_REQUEST, this.timeout));
      // It is asked when it is first needed, and after a refusal: neither must get what a rotation has killed.
      const read = async (): Promise<string> => (await token?.settled()) ?? '';
      const options = { baseUrl: settings.baseUrl, token: read, timeout, allowInsecure: true };
      this.made = createLocks(octostoreBackend(options, this.connect), runtime);
      if (this.closed) void this.made.close();
    }
    return this.made;
  }

  /** Asks something that may be asked twice. */
  ask(call: Call, signal: AbortSignal | undefined): Promise<Answer> {
    const { clock } = this.runtime;
    const deadline = clock.elapsed() + this.timeout;
    const answer$ = defer(() => this.api.call({ ...call, within: Math.max(1, Math.ceil(deadline - clock.elapsed())) }));
    return this.promised(answer$.pipe(retryCutOff()), signal);
  }

  /** Milliseconds to wait for a lock that is held; seconds of ttl. */
  acquire(name: string, ttl: number, wait: number, signal: AbortSignal | undefined): Promise<AcquireResult> {
    const cancelled$ = this.cancelled(signal);
    const attempt$ = defer(() => this.acquisitions.acquire({ name, ttl, within: this.timeout, cancelled$ }));
    if (wait === 0) return firstValueFrom(attempt$);
    const free$ = this.watches.watch(name).pipe(filter(({ status }) => status === 'free'));
    return firstValueFrom(patiently(attempt$, { wait, hints$: free$, cancelled$, runtime: this.runtime }));
  }

  /** @param ttl Seconds. */
  async renew(name: string, leaseId: string, ttl: number, signal: AbortSignal | undefined): Promise<RenewResult> {
    const { clock } = this.runtime;
    const path = `/locks/${encodeURIComponent(name)}/renew`;
    const body = { lease_id: leaseId, ttl_seconds: ttl };
    const call = { what: RENEW, lock: name, method: 'POST', path, body, lane: 'hold' } as const;
    const renewing = this.leases.renewing(name, leaseId);
    try {
      const answer = await this.ask(call, signal);
      if (isLeaseLost(answer)) this.dropped(leaseId);
      const renewed = readRenewal(answer, leaseId);
      const session = renewing.confirmed(answer.sentAt + ttl * 1000)?.session;
      if (session !== undefined) this.session?.keep(session);
      return renewed;
    } catch (error) {
      renewing.unsure(clock.elapsed() + ttl * 1000);
      throw error;
    } finally {
      renewing.over();
    }
  }

  /** Those of a list that are this owner's, with their leases. */
  ownOf(listed: readonly Listed[]): UserLock[] {
    const known = this.leases.known();
    const leaseOf = ({ name, fencing_token: token }: Listed): KnownLease | undefined =>
      known.find((lease) => lease.name === name && lease.fencingToken === token);
    for (const lock of listed) {
      if (lock.holder_id !== undefined && leaseOf(lock) !== undefined) this.owners.add(lock.holder_id);
    }
    // A server that tells leases tells nobody those of others.
    const isOwn = (lock: Listed): boolean =>
      lock.lease_id !== '' ||
      leaseOf(lock) !== undefined ||
      (lock.holder_id !== undefined && this.owners.has(lock.holder_id));
    return listed.filter(isOwn).map((lock) => {
      const { name, lease_id, fencing_token, expires_at } = lock;
      return { name, lease_id: lease_id === '' ? (leaseOf(lock)?.id ?? '') : lease_id, fencing_token, expires_at };
    });
  }

  /** A lease is not held any more. */
  dropped(leaseId: string): void {
    const lease = this.leases.drop(leaseId);
    if (lease !== undefined) this.session?.dropped(lease);
  }

  /** Goes on when its caller leaves: the old token may be dead by then. */
  rotate(signal: AbortSignal | undefined): Promise<TokenInfo> {
    const { token } = this;
    const rotate = (rotating: RotatingToken): Promise<TokenInfo> => rotating.rotate((old) => this.replace(old));
    const rotation$ = defer(() =>
      token === undefined
        ? throwError(() => new AuthenticationError('there is no token to rotate'))
        : from(rotate(token)),
    );
    return this.promised(rotation$, signal);
  }

  /** The status now, and at each change. */
  watch(name: string): Observable<LockInfo> {
    const { scheduler } = this.runtime;
    const hints$ = merge(timer(0, POLL, scheduler), this.watches.watch(name));
    const info$ = hints$.pipe(oneAtATime(() => this.info(name).pipe(catchError(unlessRetryable))));
    const open$ = merge(this.cancelled(undefined), info$);
    return open$.pipe(
      distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
      catchError(rethrown),
    );
  }

  /** Gives back all that is held, and ends what is under way. Never rejects. */
  close(): Promise<void> {
    // Whoever is told of the end, and asks again at once, must find it closed.
    this.closed = true;
    if (this.closing === undefined) {
      const { promise, resolve }: Deferred<void> = deferred();
      this.closing = promise;
      resolve(this.end());
    }
    return this.closing;
  }

  private async end(): Promise<void> {
    const { api, leases, runtime, session } = this;
    // What was only renewed here was acquired by somebody else.
    const held = leases.known().filter(({ fencingToken }) => fencingToken !== undefined);
    for (const { id } of held) leases.drop(id);
    this.closed$.next();
    const until = runtime.clock.elapsed() + CLOSING;
    const returns = held
      .filter(({ session: on }) => on === undefined)
      .map(({ name, id: leaseId }) =>
        cleanUp({ name, leaseId, nonce: '', session: undefined, until }, { api, runtime, leases }),
      );
    const made$ = defer(async () => this.made?.close()).pipe(
      ignoreElements(),
      catchError(() => EMPTY),
    );
    // Whatever the server does, or the user's own work: it goes on by itself then.
    const ends$ = merge(this.acquisitions.settled(), session?.close() ?? EMPTY, made$, ...returns).pipe(
      takeUntil(timer(CLOSING, runtime.scheduler)),
    );
    await lastValueFrom(ends$, { defaultValue: undefined });
    await this.transport.close();
  }

  private promised<T>(source: Observable<T>, signal: AbortSignal | undefined): Promise<T> {
    return firstValueFrom(merge(this.cancelled(signal), source.pipe(catchError(rethrown))));
  }

  private cancelled(signal: AbortSignal | undefined): Observable<never> {
    const closed$ = defer(() => {
      if (this.closed) return throwError(closedError);
      return this.closed$.pipe(switchMap(() => throwError(closedError)));
    });
    return merge(closed$, abortOf(signal));
  }

  private async replace(token: string): Promise<TokenInfo> {
    const { baseUrl, timeout } = this.settings;
    const api = new Api({ baseUrl, timeout, token: new TokenSource(token) }, this.transport, this.runtime);
    const call = {
      what: 'rotate the token',
      method: 'POST',
      path: '/auth/token/rotate',
      within: this.timeout,
    } as const;
    return readToken(await firstValueFrom(api.call(call)));
  }

  private info(name: string): Observable<LockInfo> {
    return this.read(name).pipe(map((answer) => readInfo(answer, name)));
  }

  private status(name: string): Observable<LockStatus> {
    return this.read(name).pipe(
      map((answer) => {
        const status = isOk(answer) ? readStatus(answer.json, name) : undefined;
        if (status === undefined) throw refusalOf(answer);
        return status;
      }),
    );
  }

  private read(name: string): Observable<Answer> {
    return defer(() => this.api.call({ ...statusCall(name), within: this.timeout }));
  }
}

/** Asks for a lock's status. */
export function statusCall(name: string): Call {
  return { what: 'read the status', lock: name, path: `/locks/${encodeURIComponent(name)}` };
}

function closedError(): LockError {
  const message = 'this client was closed';
  return new LockError(message, { root: new LockClosedError(message) });
}

function rethrown(error: unknown): Observable<never> {
  return throwError(() => translated(error));
}

/** An outage ends no watch. */
function unlessRetryable(error: unknown): Observable<never> {
  const failed = translated(error);
  return failed instanceof NetworkError || (failed as { readonly retryable?: boolean }).retryable === true
    ? EMPTY
    : throwError(() => failed);
}
