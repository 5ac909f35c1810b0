import { connect } from 'node:net';
import { createLocks } from 'rxlock';
import { createLockServer, type LockServer, type LockServerOptions } from 'rxlock/server';
import { socket } from 'rxlock/socket';
import { afterEach, describe, expect, it } from 'vitest';
import { onFreePorts } from '../../../scripts/lib/free-ports.mjs';

const UPGRADE = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n';

/** As Java's client sends it. */
function asked(method: string, path: string, body = ''): string {
  const about = body === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}${about}\r\n${body}`;
}

/** Sends it all at once. @returns The statuses of all answers, and what they were. */
async function exchange(port: number, requests: readonly string[]): Promise<{ statuses: string[]; text: string }> {
  const client = connect(port, '127.0.0.1');
  client.setEncoding('utf8').write(requests.join(''));
  let text = '';
  const statuses = (): string[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status);
  for await (const part of client) {
    text += String(part);
    if (statuses().length >= requests.length && /[}\n]$/.test(text)) break;
  }
  client.destroy();
  return { statuses: statuses(), text };
}

describe('a client that would rather speak HTTP/2', () => {
  let server: LockServer | undefined;
  afterEach(async () => {
    await server?.close();
  });

  it.each<[name: string, ports: (port: number) => LockServerOptions]>([
    ['alone', (port) => ({ http: port })],
    ['beside WebSockets on its port', (port) => ({ http: port, ws: port, metrics: port })],
    ['beside WebSockets on another port', (port) => ({ http: port, ws: 0, metrics: 0 })],
  ])('is answered by the HTTP front, %s', async (_name, ports) => {
    server = await onFreePorts(1, (port) =>
      createLockServer({ ...ports(port), ephemeral: { wait: false, fencing: true } }),
    );
    const { addresses } = server;
    const acquire = asked('POST', '/locks/report/acquire', '{"ttl_seconds":60}');
    const { statuses, text } = await exchange(addresses.http?.port ?? 0, [
      acquire,
      asked('GET', '/locks/report'),
      asked('GET', '/metrics'),
      asked('POST', '/locks/report/release', '{"lease_id":"nonsense"}'),
      asked('GET', '/health'),
    ]);
    expect(statuses).toEqual(['200', '200', '200', '422', '200']);
    expect(text).toContain('"status":"acquired"');
    expect(text).toContain('rxlock_held 1');
    if (addresses.ws === undefined) return;
    const locks = createLocks(socket({ url: addresses.ws.url }));
    expect(await locks.tryAcquire('report', '30s')).toBeNull();
    await locks.close();
  });

  it('is answered where there are WebSockets only, and at the port of the metrics', async () => {
    server = await createLockServer({ ws: 0, metrics: 0, ephemeral: { wait: false, fencing: true } });
    const { ws, metrics } = server.addresses;
    for (const port of [ws?.port, metrics?.port]) {
      const { statuses } = await exchange(port ?? 0, [
        asked('GET', '/health'),
        asked('GET', '/none'),
        asked('GET', '/health'),
      ]);
      expect(statuses).toEqual(['200', '404', '200']);
    }
  });
});
