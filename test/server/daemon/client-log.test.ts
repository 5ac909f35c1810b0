import { createLocks } from 'rxlock';
import { octostore } from 'rxlock/octostore';
import { createLockServer, type LockServer, type ServerLogEntry } from 'rxlock/server';
import { socket } from 'rxlock/socket';
import { afterEach, describe, expect, it } from 'vitest';
import { lineOf } from '../../../src/cli/serve/line-of.js';
import { DflockdClient } from '../../support/dflockd-client.js';
import { until } from '../../support/poll.js';

const TOKENS = { alice: 'secret-of-alice', bob: 'secret-of-bob' };

describe('what is logged of clients', () => {
  let server: LockServer | undefined;
  let entries: ServerLogEntry[] = [];
  afterEach(() => server?.close());
  const start = async (logLevel: 'debug' | 'info') => {
    // What a server before says at its end is not in it.
    const mine: ServerLogEntry[] = (entries = []);
    server = await createLockServer({
      ws: 0,
      http: 0,
      dflockd: 0,
      tokens: TOKENS,
      ephemeral: { wait: false, fencing: true },
      logLevel,
      log: (entry) => mine.push(entry),
    });
    const { ws, http, dflockd } = server.addresses;
    return { wsUrl: ws?.url, baseUrl: http?.url ?? '', tcp: { host: '127.0.0.1', port: dflockd?.port ?? 0 } };
  };
  /** Each event of a front, with its reason if it has one. */
  const told = (front: string): string[] =>
    entries
      .filter((entry) => entry['front'] === front)
      .map(({ event, reason = '' }) => `${event} ${String(reason)}`.trim());
  const has = async (front: string, event: string): Promise<void> => {
    await until(() => told(front).includes(event), `${event} of ${front}: ${told(front).join(', ')}`);
  };

  it('is at debug what becomes of each, over WebSockets', async () => {
    const { wsUrl } = await start('debug');
    const stranger = createLocks(socket({ url: wsUrl, token: 'secret-and-wrong' }));
    await stranger.tryAcquire('report', '30s').catch(() => undefined);
    await stranger.close();
    const alice = createLocks(socket({ url: wsUrl, token: TOKENS.alice }));
    const bob = createLocks(socket({ url: wsUrl, token: TOKENS.bob }));
    const lease = await alice.acquire('report', '30s');
    expect(await bob.tryAcquire('report', '30s')).toBeNull();
    await lease.release();
    await Promise.all([alice.close(), bob.close()]);
    await has('ws', 'client gone');
    const events = told('ws');
    for (const event of ['client connected', 'client known', 'lock granted', 'ask refused held', 'lock released']) {
      expect(events).toContain(event);
    }
    const granted = entries.find(({ event }) => event === 'lock granted');
    const known = entries.find(({ event, user }) => event === 'client known' && user === 'alice');
    expect(granted).toMatchObject({ level: 'debug', name: 'report', session: known?.['session'] });
    expect(JSON.stringify(entries)).not.toContain('secret');
  });

  it('is the same of those who speak HTTP', async () => {
    const { baseUrl } = await start('debug');
    const alice = createLocks(octostore({ baseUrl, token: TOKENS.alice }));
    const wrong = createLocks(octostore({ baseUrl, token: 'secret-and-wrong' }));
    await wrong.tryAcquire('report', '30s').catch(() => undefined);
    const lease = await alice.acquire('report', '30s');
    await lease.release();
    await Promise.all([alice.close(), wrong.close()]);
    const events = told('http');
    for (const event of ['client known', 'ask refused authentication_failed', 'lock granted', 'lock released']) {
      expect(events).toContain(event);
    }
    expect(JSON.stringify(entries)).not.toMatch(/secret|lease_id/);
  });

  it('is the same of those who speak as dflockd does, and nothing that they chose acts on a terminal', async () => {
    const { tcp } = await start('debug');
    const wrong = await DflockdClient.connect(tcp);
    expect(await wrong.ask('auth', '_', 'secret-and-wrong')).toBe('error_auth');
    const [alice, bob] = await Promise.all([0, 1].map(() => DflockdClient.connect(tcp)));
    for (const client of [alice, bob]) expect(await client?.ask('auth', '_', TOKENS.alice)).toBe('ok');
    const key = 'bad\u009b2J\u2028\u001b[2J"name';
    const token = await alice?.take(key, '0');
    expect(await bob?.ask('l', key, '0')).toBe('timeout');
    await alice?.ask('r', key, token);
    await alice?.take('left', '0');
    for (const client of [wrong, alice, bob]) client?.close();
    await has('dflockd', 'lock released session');
    const events = told('dflockd');
    for (const event of [
      'client connected',
      'client known',
      'client refused auth',
      'ask refused timeout',
      'lock granted',
    ]) {
      expect(events).toContain(event);
    }
    const text = entries.map((entry) => lineOf(entry)).join('\n');
    expect(text).toMatch(/^[\u0020-\u007e\n]+$/);
    expect(text.split('\n').map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(
      entries.map(({ event }) => event),
    );
    expect(text).not.toContain('secret');
    expect(text).not.toContain(token);
  });

  it('is nothing at other levels', async () => {
    const { tcp } = await start('info');
    const alice = await DflockdClient.connect(tcp);
    expect(await alice.ask('auth', '_', TOKENS.alice)).toBe('ok');
    await alice.take('report', '0');
    alice.close();
    expect(entries.map(({ event }) => event)).toEqual(['ready']);
  });
});
