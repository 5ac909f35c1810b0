import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type Histogram,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LockAuthenticationError, LockNetworkError } from '../../src/contract/errors.js';
import { memory } from '../../src/backends/memory/memory.js';
import { instrument, type InstrumentOptions } from '../../src/otel/index.js';
import { setup } from '../support/virtual.js';

const manager = new AsyncLocalStorageContextManager();

beforeAll(() => {
  context.setGlobalContextManager(manager.enable());
});

afterAll(() => {
  manager.disable();
  context.disable();
});

/** Locks in virtual time, seen by the SDK's own exporters. */
function seen(options: Pick<InstrumentOptions, 'label'> = {}) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meters = new MeterProvider({ readers: [reader] });
  const spanExporter = new InMemorySpanExporter();
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] });
  const scene = setup({ retry: { initial: 100, jitter: 'none' } });
  const tracer = tracers.getTracer('test');
  const instrumentation = instrument(scene.locks, { meter: meters.getMeter('test'), tracer, ...options });
  return {
    ...scene,
    tracer,
    instrumentation,
    spans: () => spanExporter.getFinishedSpans(),
    /** Each metric by its name, and each of its points as `attributes: value`; of histograms, the sum and the count. */
    async metrics(): Promise<Record<string, string[]>> {
      exporter.reset();
      await reader.forceFlush();
      const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
      return Object.fromEntries(
        all.map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.map(({ attributes, value }) => {
            const of = Object.values(attributes).join(' ');
            const { sum, count } = value as Histogram;
            return typeof value === 'number'
              ? `${of}: ${String(value)}`
              : `${of}: ${String(sum)} s in ${String(count)}`;
          }),
        ]),
      );
    },
  };
}

describe('instrument: metrics', () => {
  it('times waits and holds in seconds, by the first part of the name and the outcome', async () => {
    const { locks, backend, time, metrics } = seen();
    const subscription = locks.lock$('orders/4711', '10s').subscribe();
    backend.acquired[0]!.held({ holder: 'other' });
    expect(await metrics()).toEqual({ 'rxlock.waiting': ['orders: 1'], 'rxlock.contended': ['orders: 1'] });
    time.advance(100);
    time.advance(50);
    backend.acquired[1]!.grant();
    expect(await metrics()).toMatchObject({ 'rxlock.waiting': ['orders: 0'], 'rxlock.held': ['orders: 1'] });
    time.advance(1000);
    subscription.unsubscribe();
    expect(await metrics()).toEqual({
      'rxlock.waiting': ['orders: 0'],
      'rxlock.held': ['orders: 0'],
      'rxlock.contended': ['orders: 1'],
      'rxlock.acquire.duration': ['orders acquired: 0.15 s in 1'],
      'rxlock.hold.duration': ['orders released: 1 s in 1'],
    });
  });

  it('counts what is uncertain and what is lost, by the reason', async () => {
    const { locks, backend, time, metrics } = seen();
    locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.grant();
    time.advance(3333);
    backend.renewals[0]!.fail(new LockNetworkError('down'));
    time.advance(6000);
    const { 'rxlock.uncertain': uncertain, ...others } = await metrics();
    expect(uncertain?.[0]).toMatch(/^a: [1-9]$/);
    expect(others).toMatchObject({
      'rxlock.held': ['a: 0'],
      'rxlock.lost': ['a expired: 1'],
      'rxlock.hold.duration': ['a lost expired: 8 s in 1'],
    });
  });

  it('counts waits that fail and that are left, and a service out of reach as no contention', async () => {
    const { locks, backend, time, metrics } = seen();
    locks.lock$('a', '10s', { wait: false }).subscribe({ error: () => undefined });
    backend.acquired[0]!.held();
    const left = locks.lock$('b', '10s').subscribe();
    backend.acquired[1]!.fail(new LockNetworkError('down'));
    time.advance(30);
    left.unsubscribe();
    expect(await metrics()).toEqual({
      'rxlock.waiting': ['a: 0', 'b: 0'],
      'rxlock.acquire.duration': ['a failed ERR_LOCK_HELD: 0 s in 1', 'b withdrawn: 0.03 s in 1'],
    });
  });

  it('has the attribute that `label` gives, or none', async () => {
    const { locks, metrics } = seen({ label: (name) => (name.startsWith('u') ? undefined : `<${name}>`) });
    for (const name of ['u', 'v']) locks.lock$(name, '10s').subscribe();
    expect(await metrics()).toEqual({ 'rxlock.waiting': [': 1', '<v>: 1'] });
  });

  it('refuses what is no Locks, and options that it does not know', () => {
    expect(() => instrument(memory() as never)).toThrow('not a backend');
    expect(() => instrument(setup().locks, { lable: () => 'x' } as never)).toThrow("no option 'lable'");
  });

  it('takes back what goes on when it is stopped', async () => {
    const { locks, backend, instrumentation, metrics, spans, time } = seen();
    locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.grant();
    locks.lock$('b', '10s').subscribe();
    instrumentation.unsubscribe();
    time.advance(60_000);
    expect(await metrics()).toMatchObject({ 'rxlock.waiting': ['a: 0', 'b: 0'], 'rxlock.held': ['a: 0'] });
    expect(spans().map(({ name, attributes }) => `${name} ${String(attributes['rxlock.name'])}`)).toEqual([
      'rxlock.acquire a',
      'rxlock.acquire b',
      'rxlock.hold a',
    ]);
  });
});

describe('instrument: spans', () => {
  it('are one for the wait and one for the hold, children of the caller’s, and linked', () => {
    // The SDK takes numbers up to this for times since the start of the process, and others for times since 1970.
    vi.spyOn(performance, 'now').mockReturnValue(500);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const { locks, backend, time, tracer, spans } = seen();
    const caller = tracer.startSpan('caller');
    const subscription = context.with(trace.setSpan(context.active(), caller), () =>
      locks.lock$('orders/1', '10s').subscribe(),
    );
    time.advance(20);
    // The answer comes from elsewhere.
    backend.acquired[0]!.grant();
    time.advance(1000);
    subscription.unsubscribe();
    const [wait, hold] = spans();
    expect(wait).toMatchObject({
      name: 'rxlock.acquire',
      attributes: { 'rxlock.name': 'orders/1', 'rxlock.ttl': 10_000, 'rxlock.outcome': 'acquired' },
      duration: [0, 20_000_000],
    });
    expect(hold).toMatchObject({
      name: 'rxlock.hold',
      attributes: { 'rxlock.name': 'orders/1', 'rxlock.outcome': 'released' },
      duration: [1, 0],
      status: { code: SpanStatusCode.UNSET },
    });
    expect(hold!.attributes['rxlock.fencing_token']).toMatch(/^\d+$/);
    expect([wait!, hold!].map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
      Array(2).fill(caller.spanContext().spanId),
    );
    expect(hold!.links.map(({ context: { spanId } }) => spanId)).toEqual([wait!.spanContext().spanId]);
  });

  it('tell of refusals, of a loss and of errors', () => {
    const { locks, backend, time, spans } = seen();
    locks.lock$('a', '10s').subscribe();
    backend.acquired[0]!.held({ holder: 'other' });
    time.advance(100);
    backend.acquired[1]!.grant();
    time.advance(3333);
    backend.renewals[0]!.refuse();
    locks.lock$('b', '10s', { wait: false }).subscribe({ error: () => undefined });
    backend.acquired[2]!.fail(new LockAuthenticationError('no'));
    locks.lock$('c', '10s', { wait: false }).subscribe({ error: () => undefined });
    backend.acquired[3]!.held();
    const [wait, hold, failed, refused] = spans();
    expect(wait!.events).toMatchObject([
      { name: 'waiting', attributes: { 'rxlock.holder': 'other', 'rxlock.attempt': 1 } },
    ]);
    expect(hold).toMatchObject({
      attributes: { 'rxlock.outcome': 'lost', 'rxlock.reason': 'refused' },
      status: { code: SpanStatusCode.ERROR },
    });
    expect(failed).toMatchObject({
      attributes: { 'rxlock.outcome': 'failed', 'error.type': 'ERR_LOCK_AUTHENTICATION' },
      status: { code: SpanStatusCode.ERROR },
      events: [{ name: 'exception' }],
    });
    // That it was held is an answer, and no error.
    expect(refused).toMatchObject({
      attributes: { 'rxlock.outcome': 'failed', 'error.type': 'ERR_LOCK_HELD' },
      status: { code: SpanStatusCode.UNSET },
      events: [],
    });
  });
});
