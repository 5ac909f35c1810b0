import type { FrontKit } from '../front-kit.js';
import { healthOf } from '../health.js';
import { metricsOf } from './metrics-of.js';
import { Endpoints } from './wire/endpoints.js';
import { loadPrometheus, type Prometheus } from './wire/prometheus.js';

/** What a server tells of itself to whoever watches over it. */
export class SelfReport {
  readonly endpoints: Endpoints;
  private prometheus: Promise<Prometheus> | undefined = undefined;

  constructor(
    private readonly kit: FrontKit,
    hasMetrics: boolean,
  ) {
    const metrics = hasMetrics ? (): Promise<Prometheus> => this.metrics() : undefined;
    this.endpoints = new Endpoints({ ...kit, metrics, health: () => healthOf(kit.core) });
  }

  /** What writes the metrics: loaded when they are asked for. */
  metrics(): Promise<Prometheus> {
    return (this.prometheus ??= loadPrometheus(() => metricsOf(this.kit)));
  }
}
