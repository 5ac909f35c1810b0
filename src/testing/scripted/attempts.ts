import { Observable, type Subscriber } from 'rxjs';
import { LockClosedError } from '../../contract/errors.js';
import type { AcquireRequest, AcquireSignal, Grant } from '../../contract/backend.js';
import { play } from './play.js';
import type { Scripts } from './script.js';
import type { Stage } from './stage.js';

type GrantedSignal = Extract<AcquireSignal, { readonly type: 'granted' }>;

/** The attempts to get a lock, each by its script. */
export class ScriptedAttempts {
  private readonly pending = new Set<Subscriber<AcquireSignal>>();

  constructor(
    private readonly stage: Stage,
    private readonly scripts: Scripts,
  ) {}

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    const { stage } = this;
    return new Observable((sink) => {
      if (stage.closed) {
        sink.error(new LockClosedError('this backend is closed', { name: request.name }));
        return;
      }
      const { scheduler } = stage.opened;
      stage.note('acquire', request.name);
      let sentAt = stage.now;
      let queued = false;
      let settled = false;
      this.pending.add(sink);
      const script = this.scripts.next(request.name);
      const playing = play(script, scheduler, ({ symbol }) => {
        if (stage.closed) return;
        if (symbol === 'q' || /[1-9]/.test(symbol)) {
          queued = true;
          sentAt = stage.now;
          sink.next({ type: 'queued', position: symbol === 'q' ? undefined : Number(symbol), holder: stage.holder });
          return;
        }
        // Before anything is said: whoever hears it may unsubscribe in the middle of it.
        settled = true;
        if (symbol === 'g' || symbol === 'c') this.grant(request, sentAt, symbol === 'c', sink);
        else this.refuse(symbol, request.name, sink);
      });
      sink.add(() => {
        this.pending.delete(sink);
        if (!settled && !stage.closed) stage.note('leave', request.name);
        // Who leaves the queue gets no grant; one that is on its way already arrives.
        if (settled || queued || stage.closed) playing.unsubscribe();
      });
    });
  }

  /** Errors every pending attempt. */
  close(): void {
    for (const sink of [...this.pending]) sink.error(new LockClosedError('this backend was closed'));
  }

  private grant(request: AcquireRequest, sentAt: number, confirm: boolean, sink: Subscriber<AcquireSignal>): void {
    const { stage } = this;
    const grant: Grant = {
      name: request.name,
      fencingToken: stage.nextToken(),
      holder: request.holder,
      metadata: stage.features.metadata ? request.metadata : undefined,
    };
    stage.held.add(grant);
    if (sink.closed) {
      stage.note('stray', request.name);
      request.stray(grant);
      return;
    }
    const granted: GrantedSignal = { type: 'granted', grant, bounds: [{ sentAt, ttl: request.ttl }] };
    sink.next(confirm ? { ...granted, confirm } : granted);
    sink.complete();
  }

  private refuse(symbol: string, name: string, sink: Subscriber<AcquireSignal>): void {
    const { holder, retryAfter } = this.stage;
    if (symbol === 'h' || symbol === 'w') {
      sink.next({ type: 'held', holder, ...(symbol === 'w' ? { retryAfter, binding: true } : {}) });
      sink.complete();
    } else if (symbol === '|') sink.complete();
    else sink.error(this.stage.errorOf(symbol, name));
  }
}
