import { catchError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { octostore, octostoreElection } from '../../../../src/backends/octostore/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { LockClosedError } from '../../../../src/contract/errors.js';
import { Client } from '../../../support/octostore-client.js';
import { HttpServer } from '../../../support/http-server.js';

const backends = [
  ['octostore', (baseUrl: string) => octostore({ baseUrl, token: 'secret' })],
  ['octostoreElection', (baseUrl: string) => octostoreElection({ id: 'somebody', baseUrl })],
] as const;

describe.each(backends)('the life of %s', (_, make) => {
  const connect = (baseUrl: string): Client => new Client({}, () => make(baseUrl));

  /** Asks for something, closes, and asks again from within the error; how both ended. */
  async function askOnClose(ask: (backend: Client['backend']) => Observable<unknown>): Promise<unknown[]> {
    const http = await HttpServer.start(() => undefined);
    const { backend } = connect(http.url);
    const ends: unknown[] = [];
    ask(backend)
      .pipe(
        catchError((error: unknown) => {
          ends.push((error as Error).name);
          return ask(backend);
        }),
      )
      .subscribe({ error: (error: unknown) => ends.push((error as Error).name) });
    const closing = backend.close();
    expect(backend.close()).toBe(closing);
    await closing;
    const asked = http.seen.length;
    await http.stop();
    expect(asked).toBeLessThan(2);
    return ends;
  }

  it.each([
    ['watch', (backend) => backend.watch!('somebody')],
    ['status', (backend) => backend.status('somebody')],
    ['ping', (backend) => backend.ping!()],
  ] satisfies [string, (backend: Client['backend']) => Observable<unknown>][])(
    'is over for whoever calls %s again when told of the end',
    async (_method, ask) => {
      expect(await askOnClose(ask)).toEqual(['LockClosedError', 'LockClosedError']);
    },
  );

  it('is over for whoever opens it after it was closed', async () => {
    const http = await HttpServer.start(() => undefined);
    const backend = make(http.url);
    await backend.close();
    expect(() => createLocks(backend)).toThrow(LockClosedError);
    await http.stop();
    expect(http.seen).toHaveLength(0);
  });

  it('is ended once, though whoever is told of the end closes it again', async () => {
    const { backend } = connect('http://127.0.0.1:9');
    let again: Promise<void> | undefined;
    backend.status('somebody').subscribe({
      error: () => {
        again = backend.close();
      },
    });
    const closing = backend.close();
    expect(again).toBe(closing);
    await closing;
  });
});
