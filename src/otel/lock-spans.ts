import { context, SpanStatusCode, type Attributes, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { isEnd, type LeaseEnd } from '../contract/lease-end.js';
import type { Lease, LocksEvent } from '../contract/lease.js';
import { codeOf } from './code-of.js';

/** A wait that is under way, and where its lock was asked for. */
interface Wait {
  readonly span: Span;
  readonly parent: Context;
}

/** Shows each wait and each hold as a span. */
export class LockSpans {
  private readonly waits = new Map<number, Wait>();
  private readonly holds = new Map<Lease<unknown>, Span>();

  constructor(private readonly tracer: Tracer) {}

  record(event: LocksEvent): void {
    const { type } = event;
    if (type === 'requested') this.begin(event);
    else if (type === 'waiting')
      this.waits.get(event.contender ?? NaN)?.span.addEvent('waiting', waitingOf(event), timeOf(event.at));
    else if (type === 'acquired') this.acquired(event);
    else if (type === 'uncertain')
      this.holds.get(event.lease)?.addEvent('uncertain', { 'error.type': codeOf(event.cause) }, timeOf(event.at));
    else if (isEnd(event)) this.ended(event);
    else if (type === 'error' && event.contender !== undefined) this.failed(event.contender, event);
    else if (type === 'withdrawn') this.endWait(event.contender, { 'rxlock.outcome': 'withdrawn' }, event.at);
  }

  /** What is open ends, as nobody will hear of its end. */
  stop(): void {
    for (const { span } of this.waits.values()) span.end();
    for (const span of this.holds.values()) span.end();
    this.waits.clear();
    this.holds.clear();
  }

  private begin({ contender, name, ttl, at }: Extract<LocksEvent, { readonly type: 'requested' }>): void {
    // It is told in the caller's own call: what is active now is what he does.
    const parent = context.active();
    const attributes = { 'rxlock.name': name, 'rxlock.ttl': ttl };
    const span = this.tracer.startSpan('rxlock.acquire', { attributes, startTime: timeOf(at) }, parent);
    this.waits.set(contender, { span, parent });
  }

  private acquired({ contender = NaN, lease, name, at }: Extract<LocksEvent, { readonly type: 'acquired' }>): void {
    const wait = this.waits.get(contender);
    const attributes = { 'rxlock.name': name, ...tokenOf(lease) };
    this.endWait(contender, { 'rxlock.outcome': 'acquired', ...tokenOf(lease) }, at);
    const links = wait === undefined ? [] : [{ context: wait.span.spanContext() }];
    const parent = wait?.parent ?? context.active();
    this.holds.set(lease, this.tracer.startSpan('rxlock.hold', { attributes, links, startTime: timeOf(at) }, parent));
  }

  private ended(event: Extract<LocksEvent, { readonly type: LeaseEnd }>): void {
    const span = this.holds.get(event.lease);
    if (span === undefined) return;
    this.holds.delete(event.lease);
    span.setAttribute('rxlock.outcome', event.type);
    if (event.type === 'lost') {
      span.setAttribute('rxlock.reason', event.reason);
      span.setStatus({ code: SpanStatusCode.ERROR, message: `lost: ${event.reason}` });
    }
    span.end(timeOf(event.at));
  }

  private failed(contender: number, { error, at }: Extract<LocksEvent, { readonly type: 'error' }>): void {
    const span = this.waits.get(contender)?.span;
    // Who did not want to wait has got his answer.
    if (codeOf(error) !== 'ERR_LOCK_HELD') {
      span?.recordException(error, timeOf(at));
      span?.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.endWait(contender, { 'rxlock.outcome': 'failed', 'error.type': codeOf(error) }, at);
  }

  private endWait(contender: number, attributes: Attributes, at: number): void {
    const wait = this.waits.get(contender);
    if (wait === undefined) return;
    this.waits.delete(contender);
    wait.span.setAttributes(attributes);
    wait.span.end(timeOf(at));
  }
}

function waitingOf({
  holder,
  position,
  attempt,
  cause,
}: Extract<LocksEvent, { readonly type: 'waiting' }>): Attributes {
  return {
    'rxlock.attempt': attempt,
    ...(holder === undefined ? {} : { 'rxlock.holder': holder }),
    ...(position === undefined ? {} : { 'rxlock.position': position }),
    ...(cause === undefined ? {} : { 'error.type': codeOf(cause) }),
  };
}

/** A decimal string: attributes have no 64-bit integers. */
function tokenOf({ fencingToken }: Lease<unknown>): Attributes {
  return typeof fencingToken === 'bigint' ? { 'rxlock.fencing_token': String(fencingToken) } : {};
}

/** A number might be taken for one of `performance.now()`, if it is small: in virtual time it is. */
function timeOf(at: number): Date {
  return new Date(at);
}
