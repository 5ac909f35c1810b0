import { readFileSync } from 'node:fs';
import type { Meter } from '@opentelemetry/api';
import { createNoopMeter } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { LockMetrics } from '../../src/otel/lock-metrics.js';

const KINDS = {
  createHistogram: ['_seconds_bucket', '_seconds_count'],
  createCounter: ['_total'],
  createUpDownCounter: [''],
};

/** What Prometheus calls the metrics that are made. */
function known(): Set<string> {
  const names = new Set<string>();
  const noop = createNoopMeter();
  const spy = Object.fromEntries(
    Object.entries(KINDS).map(([create, suffixes]) => [
      create,
      (name: string) => {
        for (const suffix of suffixes) names.add(`${name.replaceAll('.', '_')}${suffix}`);
        return noop[create as keyof typeof KINDS](name);
      },
    ]),
  );
  new LockMetrics(spy as unknown as Meter, () => undefined);
  return names;
}

const LABELS = new Set(['rxlock_lock', 'rxlock_outcome', 'rxlock_reason']);

describe.each(['grafana-dashboard.json', 'alerts.yml'])('examples/observability/%s', (file) => {
  const text = readFileSync(new URL(`../../examples/observability/${file}`, import.meta.url), 'utf8');

  it('asks only for what is recorded', () => {
    const names = [...text.matchAll(/\brxlock_\w+/g)].map(([name]) => name).filter((name) => !LABELS.has(name));
    expect(names.length).toBeGreaterThan(3);
    const all = known();
    expect(names.filter((name) => !all.has(name))).toEqual([]);
  });
});
