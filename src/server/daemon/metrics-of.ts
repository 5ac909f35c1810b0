import type { FrontMeters } from '../meters.js';
import type { FrontKit } from '../front-kit.js';
import { counter, gauge, histogram, tally, type Labels, type Metric } from './wire/metric.js';

/** All that is counted, as it is now. */
export function metricsOf({ core, meters }: Pick<FrontKit, 'core' | 'meters'>): readonly Metric[] {
  const fronts = [...meters.all].map(([front, one]): [Labels, FrontMeters] => [{ front }, one]);
  const each = <T>(of: (meters: FrontMeters) => T): [Labels, T][] => fronts.map(([labels, one]) => [labels, of(one)]);
  const { held, waiting } = core.table.counts;
  return [
    gauge('rxlock_held', 'Locks and permits that are held now, or kept', [{}, held]),
    gauge('rxlock_waiting', 'Who waits for a lock now', [{}, waiting]),
    gauge('rxlock_connections', 'Connections that are open now', ...each((one) => one.connections)),
    gauge('rxlock_sessions', 'Sessions that are there now', ...each((one) => one.sessions)),
    gauge('rxlock_buffered_bytes', 'What clients make the server keep', [{}, core.buffers.bytes]),
    counter('rxlock_connections_total', 'Connections that were opened', ...each((one) => one.opened)),
    counter('rxlock_operations_total', 'What clients asked for', ...each((one) => one.operations)),
    histogram('rxlock_acquire_seconds', 'From the ask for a lock to its grant', ...each((one) => one.acquired)),
    tally('rxlock_refused_total', 'Asks that were refused', ...each((one) => one.refused)),
    tally('rxlock_ended_total', 'Locks that are held no more', ...each((one) => one.ended)),
    tally('rxlock_cut_total', 'Clients that were cut off', ...each((one) => one.cut)),
    histogram('rxlock_commit_seconds', 'What a commit took, with its sync', [{}, meters.commits]),
    counter('rxlock_committed_records_total', 'Records that were written', [{}, meters.committed]),
    counter('rxlock_commit_failures_total', 'Commits that failed', [{}, meters.failedCommits]),
  ];
}
