import type { Buckets, Reasons } from '../../meters.js';

/** By name. None is the name of a lock or of a client. */
export type Labels = Readonly<Record<string, string | number>>;

/** One number of a metric. */
export interface Sample {
  /** The metric's own, if absent. */
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

/** What is counted, as Prometheus wants to have it. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
}

/** How it is now. */
export function gauge(name: string, help: string, ...values: readonly (readonly [Labels, number])[]): Metric {
  return { name, help, type: 'gauge', values: values.map(([labels, value]) => ({ labels, value })) };
}

/** How often it happened. */
export function counter(name: string, help: string, ...values: readonly (readonly [Labels, number])[]): Metric {
  return { name, help, type: 'counter', values: values.map(([labels, value]) => ({ labels, value })) };
}

/** How often it happened, by reason. */
export function tally(name: string, help: string, ...all: readonly (readonly [Labels, Reasons])[]): Metric {
  const values = all.flatMap(([labels, { counts }]) =>
    [...counts].map(([reason, value]): [Labels, number] => [{ ...labels, reason }, value]),
  );
  return counter(name, help, ...values);
}

/** How long it took. */
export function histogram(name: string, help: string, ...all: readonly (readonly [Labels, Buckets])[]): Metric {
  return {
    name,
    help,
    type: 'histogram',
    values: all.flatMap(([labels, buckets]) => samplesOf(name, labels, buckets)),
  };
}

/** Each bucket counts those before it as well. */
function samplesOf(name: string, labels: Labels, { bounds, counts, sum, count }: Buckets): Sample[] {
  let total = 0;
  const within = bounds.map((bound, index): Sample => {
    total += counts[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bound }, value: total };
  });
  return [
    ...within,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
