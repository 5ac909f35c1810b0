import { metrics, trace, type Meter, type Tracer } from '@opentelemetry/api';
import { Subscription } from 'rxjs';
import { LockValidationError } from '../contract/errors.js';
import type { Locks } from '../contract/locks.js';
import { LockMetrics } from './lock-metrics.js';
import { LockSpans } from './lock-spans.js';

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** Makes the instruments. Default: the global `MeterProvider`'s meter `rxlock`. */
  readonly meter?: Meter | undefined;
  /** Makes the spans. Default: the global `TracerProvider`'s tracer `rxlock`. */
  readonly tracer?: Tracer | undefined;
  /**
   * The value of the attribute `rxlock.lock` of the metrics, for the name of a lock. It should have few values: each is a
   * time series of its own. Default: the first part of the name, `orders` for `orders/4711`. `undefined`: no attribute.
   */
  readonly label?: ((name: string) => string | undefined) | undefined;
}

/**
 * Records what a `Locks` does as OpenTelemetry metrics and spans, from its `events$`.
 *
 * Metrics: histograms `rxlock.acquire.duration` and `rxlock.hold.duration` (seconds), up-down counters `rxlock.waiting`
 * and `rxlock.held`, counters `rxlock.lost` (by `rxlock.reason`), `rxlock.contended` and `rxlock.uncertain`. Spans:
 * `rxlock.acquire` for each wait and `rxlock.hold` for each hold, children of the span that was active where the lock was
 * asked for. The hold links to its wait.
 *
 * @param locks What `createLocks()` gave.
 * @throws LockValidationError for what is no `Locks`, or an option that is not known.
 * @returns Unsubscribe to stop: the spans that are open end, and the up-down counters go back to zero.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { instrument } from 'rxlock/otel';
 *
 * const locks = createLocks(memory());
 * const instrumentation = instrument(locks, { label: (name) => name.split('/')[0] });
 * await locks.using('orders/4711', '30s', () => 'done'); // recorded as `orders`
 * instrumentation.unsubscribe();
 * await locks.close();
 * ```
 */
export function instrument(locks: Pick<Locks, 'events$'>, options: InstrumentOptions = {}): Subscription {
  requireKnown(locks, options);
  const { meter = metrics.getMeter('rxlock'), tracer = trace.getTracer('rxlock'), label = firstPart } = options;
  const recorders = [new LockMetrics(meter, label), new LockSpans(tracer)];
  const subscription = new Subscription(() => {
    for (const recorder of recorders) recorder.stop();
  });
  subscription.add(
    locks.events$.subscribe((event) => {
      for (const recorder of recorders) recorder.record(event);
    }),
  );
  return subscription;
}

function requireKnown(locks: Partial<Pick<Locks, 'events$'>> | undefined, options: InstrumentOptions): void {
  if (locks?.events$ === undefined) {
    throw new LockValidationError('instrument takes what createLocks() gives, not a backend', { option: 'locks' });
  }
  const unknown = Object.keys(options).find((option) => !['meter', 'tracer', 'label'].includes(option));
  if (unknown !== undefined) {
    throw new LockValidationError(`instrument has no option '${unknown}'; it has meter, tracer and label`, {
      option: unknown,
    });
  }
}

function firstPart(name: string): string {
  return name.split('/', 1)[0] as string;
}
