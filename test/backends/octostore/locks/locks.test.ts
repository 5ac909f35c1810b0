import { inspect } from 'node:util';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { octostore as octostoreForBrowsers } from '../../../../src/backends/octostore/index.browser.js';
import { octostore as octostoreForNode } from '../../../../src/backends/octostore/index.js';
import { anyName, Client } from '../../../support/octostore-client.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';

const PLATFORMS = { node: octostoreForNode, browser: octostoreForBrowsers };

for (const [platform, make] of Object.entries(PLATFORMS)) {
  describeWithOctoStore(`octostore for ${platform}`, (server) => {
    let client: Client;
    let other: Client;
    beforeEach(() => {
      const options = { baseUrl: server().url, token: server().tokens.alice };
      client = new Client(options, make);
      other = new Client(options, make);
    });
    afterEach(async () => {
      await Promise.all([client.backend.close(), other.backend.close()]);
    });

    it('grants a free lock, with its bounds', async () => {
      const before = client.clock.elapsed();
      const { grant, bounds } = await client.acquire(anyName(), { ttl: 7000, metadata: 'x' });
      expect(grant.fencingToken).toBeTypeOf('bigint');
      expect(grant.metadata).toBe('x');
      expect(bounds.map(({ ttl }) => ttl)).toEqual([7000, 60_000]);
      for (const { sentAt } of bounds) {
        expect(sentAt).toBeGreaterThanOrEqual(before);
        expect(sentAt).toBeLessThanOrEqual(client.clock.elapsed());
      }
    });

    it('excludes another client that has the same token', async () => {
      const name = anyName();
      await client.acquire(name, { metadata: 'mine' });
      const attempt = await other.ask(name).over();
      expect(attempt.types).toEqual(['held']);
      expect(attempt.last).toMatchObject({ type: 'held', holder: expect.any(String), retryAfter: expect.any(Number) });
      expect(attempt.last).not.toHaveProperty('binding', true);
    });

    it('releases, so that another gets a larger token', async () => {
      const name = anyName();
      const first = await client.acquire(name);
      expect(await client.release(first.grant)).toEqual(['released']);
      const second = await other.acquire(name);
      expect(second.grant.fencingToken).toBeGreaterThan(first.grant.fencingToken!);
    });

    it('releases what is gone already as gone', async () => {
      const { grant } = await client.acquire(anyName());
      expect(await client.release(grant)).toEqual(['released']);
      expect(await client.release(grant)).toEqual(['gone']);
    });

    it('renews a batch, and refuses what is not held', async () => {
      const names = Array.from({ length: 20 }, () => anyName());
      const granted = await Promise.all(names.map((name) => client.acquire(name)));
      const grants = granted.map(({ grant }) => grant);
      await client.release(grants[3]!);
      client.clock.advance(5000);
      const now = client.clock.elapsed();
      const renewals = await client.renew(grants, 40_000);
      expect(renewals.map(({ outcome }) => outcome)).toEqual(grants.map((_, i) => (i === 3 ? 'refused' : 'renewed')));
      for (const renewal of renewals) {
        if (renewal.outcome !== 'renewed') continue;
        expect(renewal.bounds[0].sentAt).toBeGreaterThanOrEqual(now);
        expect(renewal.bounds[0].ttl).toBe(40_000);
      }
    });

    it('tells the status, and lists by prefix', async () => {
      const prefix = anyName('list');
      const { grant } = await client.acquire(`${prefix}/a`, { metadata: '{"x":1}' });
      await client.acquire(`${prefix}/b`);
      const status = await firstValueFrom(client.backend.status(`${prefix}/a`));
      expect(status).toMatchObject({ status: 'held', fencingToken: grant.fencingToken, metadata: '{"x":1}' });
      expect(status.expiresAt).toBeInstanceOf(Date);
      expect(JSON.parse(JSON.stringify(status))).toMatchObject({ fencingToken: String(grant.fencingToken) });
      const free = await firstValueFrom(client.backend.status(`${prefix}/c`));
      expect(free).toMatchObject({ name: `${prefix}/c`, status: 'free', fencingToken: undefined });
      const list = await firstValueFrom(client.backend.list!(prefix));
      expect(list.map(({ name }) => name).sort()).toEqual([`${prefix}/a`, `${prefix}/b`]);
    });

    it('answers a ping', async () => {
      await expect(firstValueFrom(client.backend.ping!(), { defaultValue: 'ok' })).resolves.toBeUndefined();
    });

    it('says in answer to a ping that the token is wrong', async () => {
      const { backend } = new Client({ baseUrl: server().url, token: 'a-wrong-token' }, make);
      const error: unknown = await firstValueFrom(backend.ping!()).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION', message: expect.stringContaining('not valid') });
      expect(inspect(error) + JSON.stringify(error)).not.toContain('a-wrong-token');
      await backend.close();
    });

    it('takes names with slashes, dots and letters of any language', async () => {
      const name = `${anyName('größe')}/名前.v1_2`;
      const { grant } = await client.acquire(name);
      expect(await client.isHeld(name)).toBe(true);
      expect(await client.release(grant)).toEqual(['released']);
    });

    it('frees everything when it is closed', async () => {
      const name = anyName();
      await client.acquire(name);
      await client.backend.close();
      await expect(other.acquire(name)).resolves.toMatchObject({ type: 'granted' });
      const attempt = await client.ask(name).over();
      expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
    });

    it('errors what is pending when it is closed', async () => {
      const name = anyName();
      await client.acquire(name);
      const attempt = client.ask(name);
      expect(attempt.types).toEqual(['queued']);
      const closing = client.backend.close();
      await attempt.over();
      expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
      await closing;
      await expect(firstValueFrom(client.backend.status(name))).rejects.toMatchObject({ code: 'ERR_LOCK_CLOSED' });
    });

    it('says what the service refuses', async () => {
      const attempt = await client.ask('__election/x').over();
      expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION' });
      const semaphore = await client.ask(anyName(), { limit: 2 }).over();
      expect(semaphore.error).toMatchObject({ code: 'ERR_LOCK_UNSUPPORTED' });
      const metadata = await client.ask(anyName(), { metadata: 'x'.repeat(1025) }).over();
      expect(metadata.error).toMatchObject({ code: 'ERR_LOCK_VALIDATION', option: 'metadata' });
    });
  });
}

describeWithOctoStore('octostore at its limits', (server) => {
  it('takes 100 locks and says that there are no more', async () => {
    const client = new Client({ baseUrl: server().url, token: server().tokens.bob });
    try {
      const attempts = Array.from({ length: 101 }, () => client.ask(anyName()));
      const over = await Promise.all(attempts.map((attempt) => attempt.over()));
      const refused = over.filter(({ error }) => error !== undefined);
      expect(refused).toHaveLength(1);
      expect(refused[0]!.error).toMatchObject({ code: 'ERR_LOCK_CAPACITY', retryable: true });
    } finally {
      await client.backend.close();
    }
  });

  it('understands a delay, which is binding', async () => {
    const client = new Client({ baseUrl: server().url, token: server().tokens.alice });
    try {
      const name = anyName();
      const path = `/locks/${encodeURIComponent(name)}`;
      const { json } = await server().ask('POST', `${path}/acquire`, { ttl_seconds: 5, lock_delay_seconds: 30 });
      const { lease_id } = json as { readonly lease_id: string };
      await server().ask('POST', `${path}/release`, { lease_id });
      const { last } = await client.ask(name).over();
      expect(last).toMatchObject({ type: 'held', binding: true });
      expect(last).toHaveProperty('retryAfter');
      expect((last as { readonly retryAfter: number }).retryAfter).toBeGreaterThan(20_000);
    } finally {
      await client.backend.close();
    }
  });
});
