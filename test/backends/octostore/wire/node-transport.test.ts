import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HttpServer, json } from '../../../support/http-server.js';

/** What Bun has in undici's place: the names, and nothing behind them. */
class Shell {
  readonly isEmpty = true;
}

describe('octostore where undici is an empty shell', () => {
  afterEach(() => {
    vi.doUnmock('undici');
    vi.resetModules();
  });

  it('asks through fetch', async () => {
    vi.doMock('undici', () => ({ Pool: Shell, Client: Shell }));
    vi.resetModules();
    const { nodeTransport } = await import('../../../../src/backends/octostore/wire/node-transport.js');
    const http = await HttpServer.start((_, response) => json(response, 200, { status: 'ok' }));
    const transport = nodeTransport({ baseUrl: new URL(http.url), connectTimeout: 1000 });
    const request = { method: 'GET', path: '/health', headers: {}, lane: 'contend', sent: () => undefined } as const;
    expect(await firstValueFrom(transport.request(request))).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    await transport.close();
    await http.stop();
  });

  it('asks through undici where it is whole', async () => {
    const { nodeTransport } = await import('../../../../src/backends/octostore/wire/node-transport.js');
    const { UndiciTransport } = await import('../../../../src/backends/octostore/wire/undici-transport.js');
    expect(nodeTransport({ baseUrl: new URL('http://127.0.0.1:9'), connectTimeout: 1 })).toBeInstanceOf(
      UndiciTransport,
    );
  });
});
