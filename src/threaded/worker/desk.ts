import { EMPTY, from, map, merge, mergeMap, Subscription, type Observable } from 'rxjs';
import type { AcquireRequest, AcquireSignal, Bounds, LockBackend, Released, Renewal } from '../../contract/backend.js';
import type { LockStatus } from '../../contract/status.js';
import { LockNetworkError } from '../../contract/errors.js';
import { asked } from '../../values/asked.js';
import { isGranted } from '../../values/is-granted.js';
import type { LockStatusFields } from '../../values/lock-status.js';
import { packError } from '../shared/carried-error.js';
import type { Answers, Carried, ThreadOrder, ThreadQuestion, Report } from '../shared/messages.js';
import type { TimeLine } from '../shared/time-line.js';
import type { Ward } from './ward.js';
import type { Wards } from './wards.js';

type Answer = Answers[keyof Answers];

export interface WorkerDeskOptions {
  readonly backend: LockBackend;
  readonly wards: Wards;
  readonly timeLine: TimeLine;
  readonly post: (report: Report) => void;
}

/** Where the worker takes the main thread's orders, and asks the backend. */
export class WorkerDesk {
  private readonly asking = new Map<number, Subscription>();
  /** What was left may still be granted, until the backend has forgotten the request. */
  private readonly requests = new FinalizationRegistry<number>((call) => {
    if (this.left.delete(call)) this.options.post({ say: 'settled', call });
  });
  private readonly left = new Set<number>();

  constructor(private readonly options: WorkerDeskOptions) {
    const { backend, wards } = options;
    backend.revoked$?.subscribe({
      next: (revocation) => {
        wards.revoke(revocation);
      },
      error: () => {
        // Nothing is pushed any more; the next renewal tells.
      },
    });
  }

  receive(order: ThreadOrder): void {
    switch (order.do) {
      case 'ask':
        this.ask(order.call, order.question);
        break;
      case 'leave':
        this.leave(order.call);
        break;
      case 'close':
        void this.close();
    }
  }

  private ask(call: number, question: ThreadQuestion): void {
    const { post } = this.options;
    const subscription = new Subscription(() => this.asking.delete(call));
    this.asking.set(call, subscription);
    const answers$ = asked(() => this.answers$(call, question));
    subscription.add(
      answers$.subscribe({
        next: (value) => {
          post({ say: 'next', call, value });
        },
        error: (error: unknown) => {
          post({ say: 'error', call, error: packError(error) });
          subscription.unsubscribe();
        },
        complete: () => {
          post({ say: 'complete', call });
          subscription.unsubscribe();
        },
      }),
    );
  }

  private leave(call: number): void {
    const asking = this.asking.get(call);
    if (asking === undefined) return;
    this.left.add(call);
    asking.unsubscribe();
  }

  private answers$(call: number, question: ThreadQuestion): Observable<Answer> {
    const { backend } = this.options;
    if ('name' in question) backend.validateName?.(question.name);
    switch (question.of) {
      case 'acquire':
        return this.acquire(call, question.request);
      case 'renew':
        return this.renew(question);
      case 'release':
        return this.release(question);
      case 'watch':
        return (backend.watch?.(question.name) ?? EMPTY).pipe(map(fieldsOf));
      case 'status':
        return backend.status(question.name).pipe(map(fieldsOf));
      case 'list':
        return (backend.list?.(question.prefix) ?? EMPTY).pipe(map((statuses) => statuses.map(fieldsOf)));
      case 'revoke':
        return (backend.revoke?.(question.name) ?? EMPTY).pipe(map(() => undefined));
      case 'ping':
        return (backend.ping?.() ?? EMPTY).pipe(map(() => undefined));
    }
  }

  private acquire(call: number, asking: Omit<AcquireRequest, 'stray'>): Observable<Answers['acquire']> {
    const { backend, wards, post } = this.options;
    backend.validateName?.(asking.name);
    const request: AcquireRequest = {
      ...asking,
      stray(grant) {
        post({ say: 'stray', call, ...wards.enter(grant, { ttl: asking.ttl }, undefined) });
      },
    };
    this.requests.register(request, call);
    return backend.acquire(request).pipe(map((signal) => this.translate(asking, signal)));
  }

  private translate(asking: Omit<AcquireRequest, 'stray'>, signal: AcquireSignal): Answers['acquire'] {
    if (signal?.type !== 'granted') return signal;
    if (!isGranted(signal)) throw new LockNetworkError('the service answered what is no answer');
    const { timeLine, wards } = this.options;
    const { grant, bounds, confirm = false } = signal;
    const copy = wards.enter(grant, asking, confirm ? undefined : bounds);
    return { type: 'granted', ...copy, confirm, bounds: inCommon(timeLine, bounds) };
  }

  private renew({ ids, ttls }: Extract<ThreadQuestion, { readonly of: 'renew' }>): Observable<Answers['renew']> {
    const { backend, wards, timeLine } = this.options;
    const { found: all, missing } = this.find(ids);
    const isBusy = ({ ward, index }: Found): boolean => ward.isBusy(ttls[index] as number);
    const busy = all.filter(isBusy);
    const found = busy.length === 0 ? all : all.filter((one) => !isBusy(one));
    for (const { ward, index } of found) wards.asked(ward, ttls[index] as number);
    const curbs = found.map(({ ward }) => ward.curbs);
    const refused$ = from(missing).pipe(map((index): Answers['renew'] => ({ index, outcome: 'refused' })));
    const unsent$ = from(busy).pipe(map(({ index }): Answers['renew'] => ({ index, outcome: 'unknown' })));
    if (found.length === 0) return merge(refused$, unsent$);
    const renewals$ = asked(() =>
      backend.renew(
        found.map(({ ward }) => ward.grant),
        found.map(({ index }) => ttls[index] as number),
      ),
    );
    const answers$ = renewals$.pipe(
      mergeMap((renewal) => {
        const one = found[renewal?.index];
        if (one === undefined) return EMPTY;
        if (curbs[renewal.index] === one.ward.curbs || renewal.outcome === 'refused') this.note(one.ward, renewal);
        const told = { ...renewal, index: one.index };
        return [told.outcome === 'renewed' ? { ...told, bounds: inCommon(timeLine, told.bounds) } : carried(told)];
      }),
    );
    return merge(refused$, unsent$, answers$);
  }

  /** Takes down what becomes of a ward, before the main thread is told. */
  private note(ward: Ward, renewal: Renewal): void {
    const { wards } = this.options;
    if (renewal.outcome === 'renewed') wards.confirm(ward, renewal.bounds);
    else if (renewal.outcome === 'refused') wards.end(ward, 'refused', renewal.cause);
    else ward.failed(renewal.cause);
  }

  private release({
    ids,
    keepFor,
  }: Extract<ThreadQuestion, { readonly of: 'release' }>): Observable<Answers['release']> {
    const { backend, wards } = this.options;
    const { found, missing } = this.find(ids);
    for (const { ward } of found) wards.retire(ward);
    const gone$ = from(missing).pipe(map((index): Answers['release'] => ({ index, outcome: 'gone' })));
    if (found.length === 0) return gone$;
    const releases$ = asked(() =>
      backend.release(
        found.map(({ ward }) => ward.grant),
        found.map(({ index }) => keepFor[index] as number),
      ),
    );
    const answers$ = releases$.pipe(
      mergeMap((released) => {
        const one = found[released?.index];
        if (one === undefined) return EMPTY;
        if (released.outcome !== 'unknown') wards.drop(one.ward);
        return [carried<Released>({ ...released, index: one.index })];
      }),
    );
    return merge(gone$, answers$);
  }

  /** The wards of a batch, with their places in it, and the places of those that there are none of. */
  private find(ids: readonly number[]): { readonly found: readonly Found[]; readonly missing: readonly number[] } {
    const found: Found[] = [];
    const missing: number[] = [];
    ids.forEach((id, index) => {
      const ward = this.options.wards.find(id);
      if (ward === undefined) missing.push(index);
      else found.push({ ward, index });
    });
    return { found, missing };
  }

  private async close(): Promise<void> {
    const { backend, wards, post } = this.options;
    try {
      await backend.close();
    } catch {
      // The thread ends, and with it whatever is left.
    }
    wards.stop();
    post({ say: 'closed' });
  }
}

interface Found {
  readonly ward: Ward;
  readonly index: number;
}

/** A backend may be anybody's: what are no bounds are none over there as well. */
function inCommon(timeLine: TimeLine, bounds: Bounds): Bounds {
  if (!Array.isArray(bounds)) return [] as unknown as Bounds;
  return (bounds as Bounds).map(({ sentAt, ttl }) => ({ sentAt: timeLine.toCommon(sentAt), ttl })) as unknown as Bounds;
}

function carried<T extends Renewal | Released>(answer: T): Carried<T> {
  const { cause, ...rest } = answer as T & { readonly cause?: unknown };
  const packed = packError(cause);
  return (packed === undefined ? rest : { ...rest, cause: packed }) as Carried<T>;
}

/** Data alone: what it can do is made anew over there. */
function fieldsOf(status: LockStatus): LockStatusFields {
  return Object.fromEntries(
    Object.entries(status).filter(([, value]) => typeof value !== 'function'),
  ) as unknown as LockStatusFields;
}
