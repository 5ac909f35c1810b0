// Queueing in two phases: first a place in the queue, then the wait. In between another system is told, here a status board
// over HTTP, so that it can show who has the printer and who is next.
//
// On dflockd, whose server keeps the queue: `dflockd` on 127.0.0.1:6388, or DFLOCKD=host:port.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { concatMap, defer, first, from, ignoreElements, lastValueFrom, merge, Subject } from 'rxjs';
import { createLocks } from 'rxlock';
import { DistributedLock } from 'rxlock/compat/dflockd';
import { dflockd } from 'rxlock/dflockd';
import { tapLock, usingLock } from 'rxlock/operators';

const [host = '127.0.0.1', port = '6388'] = (process.env['DFLOCKD'] ?? '').split(':').filter(Boolean);
const locks = createLocks(dflockd({ host, port: Number(port) }));
const another = createLocks(dflockd({ host, port: Number(port) }));

/** The other system. */
const said: string[] = [];
const arrived$ = new Subject<string>();
const board = createServer((request, response) => {
  const what = decodeURIComponent((request.url ?? '').slice(1));
  said.push(what);
  console.log(`board: ${what}`);
  response.end(() => {
    arrived$.next(what);
  });
}).listen(0, '127.0.0.1');
await new Promise((resolve) => board.once('listening', resolve));
const { port: boardPort } = board.address() as AddressInfo;

async function tell(what: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${String(boardPort)}/${encodeURIComponent(what)}`);
  await response.text();
}

/** As a stream: `waiting` comes as soon as the server has given a place in its queue, `acquired` when it is our turn. */
const print$ = (who: string) =>
  defer(() => {
    const news$ = new Subject<string>();
    const telling$ = news$.pipe(concatMap((what) => from(tell(what))));
    const printing$ = usingLock(
      locks.lock$('printer', '10s').pipe(
        tapLock({
          waiting: () => {
            news$.next(`${who} queues`);
          },
          acquired: () => {
            news$.next(`${who} prints`);
          },
        }),
      ),
      () =>
        defer(async () => {
          await pause(50);
          news$.complete();
        }),
    );
    return merge(telling$, printing$).pipe(ignoreElements());
  });

/** The same with the drop-in for dflockd's documented client: `enqueue`, tell, `wait`. */
async function print(who: string): Promise<void> {
  const lock = new DistributedLock({ key: 'printer', leaseTtlS: 10, host, port: Number(port) });
  const status = await lock.enqueue();
  await tell(`${who} ${status === 'queued' ? 'queues' : 'has it at once'}`);
  if (!(await lock.wait(10))) throw new Error(`${who} waited too long`);
  try {
    await tell(`${who} prints`);
  } finally {
    await lock.release();
  }
}

const busy = await another.acquire('printer', '10s');
const isQueued = (who: string) => arrived$.pipe(first((what) => what === `${who} queues`));
await lastValueFrom(
  merge(
    print$('anna'),
    // Who asks later is served later.
    isQueued('anna').pipe(concatMap(() => print('ben'))),
    isQueued('ben').pipe(concatMap(() => busy.release())),
  ),
);

await Promise.all([locks.close(), another.close()]);
board.close();
const expected = ['anna queues', 'ben queues', 'anna prints', 'ben prints'];
if (said.join() !== expected.join()) throw new Error(`the board says: ${said.join(', ')}`);
