import type { Metric as PromMetric, Registry } from 'prom-client';
import type { Metric } from './metric.js';

/** The text that Prometheus reads. */
export interface Prometheus {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Of the process: its memory, its time, its event loop. Always the same, as what measures them never ends. */
let ofProcess: Registry | undefined = undefined;

/**
 * Loads the library that writes it, which also tells of the process.
 *
 * @param gather The metrics as they are now: always the same, with other numbers.
 */
export async function loadPrometheus(gather: () => readonly Metric[]): Promise<Prometheus> {
  const { default: client } = await import('prom-client');
  if (ofProcess === undefined) {
    ofProcess = new client.Registry();
    client.collectDefaultMetrics({ register: ofProcess });
  }
  const ofServer: Registry = new client.Registry();
  for (const { name } of gather()) {
    // The numbers are counted elsewhere, so the library is given them when it asks.
    const get = (): Promise<unknown> => Promise.resolve(gather().find((one) => one.name === name));
    ofServer.registerMetric({ name, get, reset() {} } as unknown as PromMetric);
  }
  const all = [ofProcess, ofServer];
  return {
    contentType: ofServer.contentType,
    text: async () => (await Promise.all(all.map((registry) => registry.metrics()))).join('\n'),
  };
}
