import { describe, expect, it } from 'vitest';
import { OctoStoreClient as BrowserClient } from '../../../src/compat/octostore/index.browser.js';
import { OctoStoreClient } from '../../../src/compat/octostore/index.js';
import { LockClosedError } from '../../../src/contract/errors.js';
import { HttpServer } from '../../support/http-server.js';

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
