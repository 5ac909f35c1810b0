import { setImmediate as nextTurn } from 'node:timers/promises';
import { NEVER, of, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { HttpReply, HttpRequest, Transport } from '../../../src/backends/octostore/wire/transport.js';
import { Client } from '../../../src/compat/octostore/client.js';
import { OctoStoreClient as BrowserClient } from '../../../src/compat/octostore/index.browser.js';
import { OctoStoreClient } from '../../../src/compat/octostore/index.js';
import { LockClosedError } from '../../../src/contract/errors.js';
import { schedulerClock } from '../../../src/values/scheduler-clock.js';
import { HttpServer } from '../../support/http-server.js';
import { Time } from '../../support/virtual.js';

describe.each([
  ['Node', OctoStoreClient],
  ['browsers', BrowserClient],
])('closing the client for %s', (_, Made) => {
  it('happens once, though whoever is told of the end closes it again', async () => {
    const http = await HttpServer.start(() => undefined);
    const client = new Made({ baseUrl: http.url, token: 'secret' });
    let told: unknown;
    let again: Promise<void> | undefined;
    client.watchLock$('a').subscribe({
      error: (error: unknown) => {
        told = error;
        again = client.close();
      },
    });
    const closing = client.close();
    expect(told).toBeInstanceOf(LockClosedError);
    expect(again).toBe(closing);
    await closing;
    await http.stop();
  });
});

/** Opens sessions and grants locks, and is silent else: nothing is ever given back. */
class SilentServer implements Transport {
  readonly asked: string[] = [];

  request({ method, path, sent }: HttpRequest): Observable<HttpReply> {
    this.asked.push(`${method} ${path}`);
    sent();
    const reply = (status: number, body: object): Observable<HttpReply> =>
      of({ status, retryAfter: undefined, body: JSON.stringify(body) });
    if (path === '/sessions') return reply(201, { session_id: 'session', keepalive_interval_secs: 30 });
    if (!path.endsWith('/acquire')) return NEVER;
    return reply(200, {
      status: 'acquired',
      lease_id: `lease-${String(this.asked.length)}`,
      fencing_token: this.asked.length,
    });
  }

  stream(): Observable<never> {
    return NEVER;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class VirtualClient extends Client {
  constructor(time: Time, server: SilentServer, session: boolean) {
    const runtime = { clock: schedulerClock(time), scheduler: time, random: () => 0 };
    super({ baseUrl: 'http://127.0.0.1:9', token: 'secret', session }, () => server, runtime);
  }
}

describe.each([true, false])('closing a client (session: %s) of a server that has fallen silent', (session) => {
  it('takes two seconds, though work under a lock never ends', async () => {
    const time = new Time();
    const server = new SilentServer();
    const client = new VirtualClient(time, server, session);
    await client.acquireLock('a');
    await client.lock('b');
    let isWorking = false;
    const work = client.withLock('c', 60, () => {
      isWorking = true;
      return new Promise(() => undefined);
    });
    work.catch(() => undefined);
    for (let i = 0; i < 50 && !isWorking; i++) {
      await nextTurn();
      time.turn();
    }
    let isClosed = false;
    void client.close().then(() => (isClosed = true));
    for (let at = 0; at < 1990; at += 10) {
      await nextTurn();
      time.advance(10);
    }
    expect(isClosed).toBe(false);
    time.advance(10);
    await nextTurn();
    expect(isClosed).toBe(true);
  });
});
