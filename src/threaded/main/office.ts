import { map, type Observable, type Subject } from 'rxjs';
import type {
  AcquireRequest,
  AcquireSignal,
  Bounds,
  Grant,
  Released,
  Renewal,
  Revocation,
} from '../../contract/backend.js';
import type { Runtime } from '../../contract/time.js';
import { unpackError } from '../shared/carried-error.js';
import type { Answers, Carried, GrantCopy } from '../shared/messages.js';
import type { Confirmed } from '../shared/shared-table.js';
import { TimeLine } from '../shared/time-line.js';
import { Grants } from './grants.js';
import { Heartbeat } from './heartbeat.js';
import { Line } from './line.js';
import type { Thread } from './thread.js';

/** The main thread's side of a backend that runs in a worker: asks for locks, and reads what is known of them. */
export class Office {
  readonly line: Line;
  private readonly grants: Grants;
  private readonly timeLine: TimeLine;
  private readonly heartbeat: Heartbeat;
  /** What the table said last, translated: a gate asks for each value. */
  private readonly heard = new WeakMap<GrantCopy, { readonly known: Confirmed; readonly bounds: Bounds }>();

  constructor(
    private readonly thread: Thread,
    runtime: Runtime,
    revoked$: Subject<Revocation>,
    closed: () => void,
  ) {
    const { table, port } = thread;
    this.grants = new Grants(revoked$);
    this.timeLine = new TimeLine(runtime.clock);
    this.heartbeat = new Heartbeat(table, () => {
      this.timeLine.look();
      return this.grants.size > 0 || this.line.isWaiting;
    });
    this.line = new Line(port, runtime.scheduler, {
      lost: (report) => this.grants.lose(report),
      page: (page) => table.addPage(page),
      orphan: (copy) => {
        const grant = this.grants.enter(copy);
        this.release([grant], [0]).subscribe({ error: () => undefined });
      },
      closed,
    });
  }

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    this.heartbeat.start(request.ttl);
    const stray = (copy: GrantCopy): void => {
      request.stray(this.grants.enter(copy));
    };
    return this.line
      .ask<'acquire'>({ of: 'acquire', request: copyOf(request) }, stray)
      .pipe(map((signal) => this.translate(signal)));
  }

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    // One of them may be shorter than it was.
    this.heartbeat.start(ttls.reduce((least, ttl) => Math.min(least, ttl), Infinity));
    return this.line
      .ask<'renew'>({ of: 'renew', ids: this.grants.ids(grants), ttls })
      .pipe(
        map((answer) =>
          answer.outcome === 'renewed' ? { ...answer, bounds: this.toElapsed(answer.bounds) } : unpacked(answer),
        ),
      );
  }

  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released> {
    return this.line.ask<'release'>({ of: 'release', ids: this.grants.ids(grants), keepFor }).pipe(
      map((answer) => {
        if (answer.outcome !== 'unknown') this.grants.forget(grants[answer.index]);
        return unpacked(answer);
      }),
    );
  }

  /** What the table says of it. A loss is told before this returns. */
  confirmed(grant: Grant): Bounds | undefined {
    const copy = this.grants.find(grant);
    if (copy === undefined) return undefined;
    const known = this.thread.table.read(copy.place, copy.id);
    if (known === 'over') this.line.hearLosses();
    if (typeof known !== 'object') return undefined;
    const last = this.heard.get(copy);
    if (last?.known.sentAt === known.sentAt && last.known.ttl === known.ttl) return last.bounds;
    const bounds = this.toElapsed([known]);
    this.heard.set(copy, { known, bounds });
    return bounds;
  }

  /** The worker is gone: what is open ends with the one error, what is held is lost by it, and what comes later ends with the other. */
  end(error: unknown, later: unknown): void {
    this.heartbeat.stop();
    this.grants.loseAll(error);
    this.line.fail(error, later);
  }

  private translate(signal: Answers['acquire']): AcquireSignal {
    if (signal?.type !== 'granted') return signal;
    const { id, place, grant, bounds, confirm } = signal;
    this.grants.enter({ id, place, grant });
    const known = this.thread.table.read(place, id);
    // It may have been renewed while this thread stood still.
    const newer = isNewer(known, bounds) ? ([known] as const) : undefined;
    return {
      type: 'granted',
      grant,
      bounds: this.toElapsed(newer ?? bounds),
      confirm: confirm && newer === undefined,
    };
  }

  private toElapsed(bounds: Bounds): Bounds {
    this.timeLine.look();
    return bounds.map(({ sentAt, ttl }) => ({
      sentAt: this.timeLine.toElapsed(sentAt),
      ttl,
    })) as unknown as Bounds;
  }
}

function isNewer(known: Confirmed | 'over' | undefined, bounds: Bounds): known is Confirmed {
  return typeof known === 'object' && bounds.every(({ sentAt }) => sentAt < known.sentAt);
}

type Copied = Omit<AcquireRequest, 'stray' | 'keeping'>;

/** Data alone, field by field: a request may be an object that has much more. A field that is new is missed by its type. */
function copyOf(request: AcquireRequest): Omit<AcquireRequest, 'stray'> {
  const { name, ttl, wait, mode, limit, permits, metadata, holder, keeping } = request;
  const copy: { [K in keyof Required<Copied>]: Copied[K] } = {
    name,
    ttl,
    wait,
    mode,
    limit,
    permits,
    metadata,
    holder,
  };
  if (keeping === undefined) return copy;
  const { renew, renewRatio, safetyFactor } = keeping;
  return { ...copy, keeping: { renew, renewRatio, safetyFactor } };
}

function unpacked<T extends { readonly cause?: unknown }>(answer: Carried<T>): T {
  const { cause, ...rest } = answer as { readonly cause?: Parameters<typeof unpackError>[0] };
  return (cause === undefined ? rest : { ...rest, cause: unpackError(cause) }) as T;
}
