import { firstValueFrom, race, Subject, timer } from 'rxjs';
import type { Revocation } from '../../contract/backend.js';
import { LockClosedError, LockConfigError, LockNetworkError } from '../../contract/errors.js';
import type { Runtime } from '../../contract/time.js';
import { ServiceLife } from '../../values/service-life.js';
import { systemClock } from '../../values/system-clock.js';
import { systemScheduler } from '../../values/system-scheduler.js';
import { Office } from './office.js';
import type { Thread } from './thread.js';

/** How long a backend may take to close before its thread is ended. Milliseconds. */
const PATIENCE = 5000;

/** The life of a backend in a worker: from its opening to its close, or to the end of its thread. */
export function threadLife(thread: Thread, revoked$: Subject<Revocation>): ServiceLife<Office> {
  const { worker, port } = thread;
  const closed$ = new Subject<void>();
  let office: Office | undefined;
  let death: { readonly cause: unknown } | undefined;
  const closedError = (): LockClosedError =>
    death === undefined
      ? new LockClosedError('this threaded() was closed')
      : new LockClosedError('the worker of this threaded() has ended', { cause: death.cause });
  /** Its locks are lost with the connections that they hung on, and whoever asks learns why. */
  const died = (cause: unknown): void => {
    death ??= { cause };
    closed$.next();
    const error = new LockNetworkError('the worker of this threaded() has ended', { cause: death.cause });
    office?.end(error, closedError());
  };
  worker.on('error', died);
  worker.on('exit', (code) => {
    died(new LockNetworkError(`the worker ended with exit code ${String(code)}`));
  });

  return new ServiceLife<Office>({
    maker: 'threaded',
    start(runtime) {
      requireRealTime(runtime);
      office = new Office(thread, runtime, revoked$, () => {
        closed$.next();
      });
      return office;
    },
    async end(opened) {
      if (opened !== undefined && death === undefined) {
        port.ref();
        const ended = firstValueFrom(race(closed$, timer(PATIENCE, systemScheduler)));
        opened.line.close();
        await ended;
      }
      opened?.end(closedError(), closedError());
      port.close();
      worker.ref();
      await worker.terminate();
    },
    closedError,
  });
}

/** The worker renews by the system's clock: nobody can stop that one, or wind it forward. */
function requireRealTime({ clock, scheduler }: Runtime): void {
  if (clock === systemClock() && scheduler === systemScheduler) return;
  throw new LockConfigError(
    'threaded() renews in real time: it takes no clock and no scheduler of another kind, and does not work in a TestScheduler',
    { option: clock === systemClock() ? 'scheduler' : 'clock' },
  );
}
