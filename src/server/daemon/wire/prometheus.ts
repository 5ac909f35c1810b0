import type { Metric as PromMetric, Registry } from 'prom-client';
import type { Metric } from './metric.js';

/** The text that Prometheus reads. */
export interface Prometheus {
  readonly contentType: string;
  text(): Promise<string>;
}

/**
 * Loads the library that writes it, which also tells of the process: its memory, its time, its event loop.
 *
 * @param gather The metrics as they are now: always the same, with other numbers.
 */
export async function loadPrometheus(gather: () => readonly Metric[]): Promise<Prometheus> {
  const { default: client } = await import('prom-client');
  const registry: Registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry });
  for (const { name } of gather()) {
    // The numbers are counted elsewhere, so the library is given them when it asks.
    const get = (): Promise<unknown> => Promise.resolve(gather().find((one) => one.name === name));
    registry.registerMetric({ name, get, reset() {} } as unknown as PromMetric);
  }
  return { contentType: registry.contentType, text: () => registry.metrics() };
}
