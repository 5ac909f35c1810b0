import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import { LockConfigError } from '../../contract/errors.js';
import { unpackError } from '../shared/carried-error.js';
import type { Description, Report, Start } from '../shared/messages.js';
import { SharedTable } from '../shared/shared-table.js';
import type { ThreadSettings } from './thread-settings.js';
import { workerFile } from './worker-file.js';

/** How long a worker may take to load its backend. Milliseconds. */
const PATIENCE = 30_000;

/** A worker that runs a backend. */
export interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly table: SharedTable;
  readonly description: Description;
}

/**
 * Starts the worker, and waits until it has made the backend: what that can do must be known at once.
 *
 * @throws LockConfigError if it could not be started; whatever the backend's making has thrown.
 */
export function startThread({ worker: file, execArgv, ...settings }: ThreadSettings): Thread {
  const { port1: port, port2 } = new MessageChannel();
  const handle = SharedTable.handle();
  const ready = new SharedArrayBuffer(4);
  const from = join(process.cwd(), 'package.json');
  const start: Start = { ...settings, from, table: handle, ready, port: port2 };
  const worker = new Worker(workerFile(file), {
    workerData: start,
    transferList: [port2],
    name: 'rxlock',
    // What the program preloads is for the program; some of it would wait for this thread, which waits.
    execArgv: [...execArgv],
  });
  // It is no reason for a process to go on.
  worker.unref();
  Atomics.wait(new Int32Array(ready), 0, 0, PATIENCE);
  const [report] = (receiveMessageOnPort(port)?.message ?? []) as readonly Report[];
  if (report?.say === 'ready') return { worker, port, table: new SharedTable(handle), description: report.description };
  void worker.terminate();
  port.close();
  throw report?.say === 'failed'
    ? unpackError(report.error)
    : new LockConfigError(`the worker did not start within ${String(PATIENCE / 1000)} s`);
}
