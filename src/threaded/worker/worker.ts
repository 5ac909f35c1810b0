/** The file that the worker runs: loads the backend, says that it is there, and takes orders. */
import { workerData } from 'node:worker_threads';
import { LockNetworkError } from '../../contract/errors.js';
import type { LockBackend } from '../../contract/backend.js';
import { systemRuntime } from '../../values/system-runtime.js';
import { packError } from '../shared/carried-error.js';
import type { Description, ThreadOrder, Report, Start } from '../shared/messages.js';
import { SharedOutbox } from '../shared/outbox.js';
import { SharedTable } from '../shared/shared-table.js';
import { TimeLine } from '../shared/time-line.js';
import { WorkerDesk } from './desk.js';
import { loadBackend } from './load-backend.js';
import { Wards } from './wards.js';

// Whoever imports it elsewhere has no use for it.
if (isStart(workerData)) void run(workerData);

async function run(start: Start): Promise<void> {
  const outbox = new SharedOutbox<Report>(start.port, refused);
  try {
    serve(await loadBackend(start), start, outbox);
  } catch (error) {
    outbox.post({ say: 'failed', error: packError(error) });
  }
  outbox.flush();
  const ready = new Int32Array(start.ready);
  Atomics.store(ready, 0, 1);
  Atomics.notify(ready, 0);
}

function serve(backend: LockBackend, { port, table: handle, stallLimit }: Start, outbox: SharedOutbox<Report>): void {
  const runtime = systemRuntime;
  backend.open?.(runtime);
  const timeLine = new TimeLine(runtime.clock);
  const post = (report: Report): void => {
    outbox.post(report);
  };
  const flush = (): void => {
    outbox.flush();
  };
  const table = new SharedTable(handle);
  const wards = new Wards({ backend, runtime, table, timeLine, stallLimit, post, flush });
  const desk = new WorkerDesk({ backend, wards, timeLine, post });
  // Before its connections are closed: nobody else has a lock by then that the main thread believes in.
  process.once('exit', () => {
    wards.abandon(new LockNetworkError('the worker of this threaded() has ended'));
  });
  port.on('message', (orders: readonly ThreadOrder[]) => {
    for (const order of orders) desk.receive(order);
  });
  post({ say: 'ready', description: describe(backend) });
}

/** A backend may be anybody's: an answer that no thread can be told is none. */
function refused(report: Report): Report | undefined {
  if (!('call' in report)) return undefined;
  const error = packError(new LockNetworkError('the service answered what is no answer'));
  return { say: 'error', call: report.call, error };
}

function isStart(data: unknown): data is Start {
  return typeof data === 'object' && data !== null && 'ready' in data && 'port' in data;
}

function describe(backend: LockBackend): Description {
  const { name, features, ttl } = backend;
  const has = (['watch', 'list', 'revoke', 'ping'] as const).filter((method) => backend[method] !== undefined);
  return { name, features, has, ...(ttl === undefined ? {} : { ttl }) };
}
