import { firstValueFrom, Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as browser from '../../../../src/backends/octostore/index.browser.js';
import * as node from '../../../../src/backends/octostore/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import type { Locks } from '../../../../src/contract/locks.js';
import type { AcquireSignal } from '../../../../src/contract/backend.js';
import type { Leadership, LockStatus } from '../../../../src/contract/status.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';
import { until } from '../../../support/poll.js';
import { anyElection, ElectionClient } from './support/election-client.js';

describeWithOctoStore('an election on a real server', (server) => {
  for (const [platform, { octostoreElection, createOctoStoreElection }] of Object.entries({ node, browser })) {
    describe(`through the contract, ${platform}`, () => {
      let id: string;
      let client: ElectionClient;
      let other: ElectionClient;
      beforeEach(() => {
        id = anyElection();
        client = new ElectionClient(id, server().url, octostoreElection);
        other = new ElectionClient(id, server().url, octostoreElection);
      });
      afterEach(async () => {
        await Promise.all([client.backend.close(), other.backend.close()]);
      });

      it('elects one, and tells the others who, until when, and with what', async () => {
        const before = client.clock.elapsed();
        const { grant, bounds } = await client.acquire(id, { ttl: 30_000, metadata: 'build 17, "ünï"' });
        expect(grant).toMatchObject({ name: id, holder: 'me', metadata: 'build 17, "ünï"' });
        expect(bounds).toMatchObject([{ ttl: 30_000 }]);
        expect(bounds[0].sentAt).toBeGreaterThanOrEqual(before);
        const { signals, completed } = await other.ask(id, { ttl: 5000 }).over();
        expect(completed).toBe(true);
        expect(signals).toMatchObject([{ type: 'held', expiresAt: expect.any(Number) as number }]);
        const held = signals[0] as Extract<AcquireSignal, { readonly type: 'held' }>;
        // All that remains of the leader's ttl: a hint, as it may resign earlier.
        expect(held.retryAfter).toBeGreaterThan(5000);
        expect(held.retryAfter).toBeLessThanOrEqual(30_000);
        expect(held.binding).toBeUndefined();
        expect(await firstValueFrom(other.backend.status(id))).toMatchObject({
          name: id,
          status: 'held',
          fencingToken: grant.fencingToken,
          metadata: 'build 17, "ünï"',
        });
      });

      it('lets a leader renew, which makes no new term, and resign, once', async () => {
        const { grant } = await client.acquire(id);
        const [renewal] = await client.renew([grant], 60_000);
        expect(renewal).toMatchObject({ outcome: 'renewed', bounds: [{ ttl: 60_000 }] });
        const { expiresAt, fencingToken } = await firstValueFrom(other.backend.status(id));
        expect(fencingToken).toBe(grant.fencingToken);
        expect(expiresAt!.getTime()).toBeGreaterThan(Date.now() + 40_000);
        expect(await client.release(grant)).toEqual(['released']);
        expect(await client.release(grant)).toEqual(['gone']);
        expect(await client.renew([grant])).toMatchObject([{ outcome: 'refused' }]);
        const next = await other.acquire(id);
        expect(next.grant.fencingToken).toBeGreaterThan(grant.fencingToken!);
      });

      it('watches: the state now and at each change, renewals included', async () => {
        const seen: LockStatus[] = [];
        const watching = other.backend.watch!(id).subscribe((status) => seen.push(status));
        await until(() => seen.length > 0, 'the first state');
        expect(seen[0]).toMatchObject({ name: id, status: 'free' });
        const { grant } = await client.acquire(id, { metadata: 'm' });
        await until(() => seen.at(-1)?.status === 'held', 'the election');
        expect(seen.at(-1)).toMatchObject({ fencingToken: grant.fencingToken, metadata: 'm' });
        await client.renew([grant], 300_000);
        await until(() => seen.at(-1)!.expiresAt!.getTime() > Date.now() + 200_000, 'the renewal');
        await client.release(grant);
        await until(() => seen.at(-1)?.status === 'free', 'the resignation');
        watching.unsubscribe();
      });

      it('refuses what the server would refuse, without asking it', async () => {
        const long = await client.ask(id, { metadata: 'x'.repeat(1025) }).over();
        expect(long.error).toMatchObject({ code: 'ERR_LOCK_VALIDATION', option: 'metadata' });
        const places = await client.ask(id, { limit: 2 }).over();
        expect(places.error).toMatchObject({ code: 'ERR_LOCK_UNSUPPORTED' });
        const { grant } = await client.acquire(id, { metadata: '🙂'.repeat(1024) });
        expect(grant.metadata).toBe('🙂'.repeat(1024));
      });

      it('gives up what it has when it is closed, and asks for nothing more', async () => {
        const { grant } = await client.acquire(id);
        await client.backend.close();
        await client.backend.close();
        expect(await other.isHeld(id)).toBe(false);
        expect((await client.ask(id).over()).error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
        await expect(firstValueFrom(client.backend.status(id))).rejects.toMatchObject({ code: 'ERR_LOCK_CLOSED' });
        await expect(firstValueFrom(client.backend.watch!(id))).rejects.toMatchObject({ code: 'ERR_LOCK_CLOSED' });
        expect((await other.acquire(id)).grant.fencingToken).toBeGreaterThan(grant.fencingToken!);
      });

      it('ends a watch when it is closed', async () => {
        let error: unknown;
        let seen = 0;
        client.backend.watch!(id).subscribe({ next: () => seen++, error: (failure: unknown) => (error = failure) });
        await until(() => seen > 0, 'the first state');
        await client.backend.close();
        expect(error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
      });

      it('gives a sign of life', async () => {
        await expect(firstValueFrom(client.backend.ping!())).resolves.toBeUndefined();
      });

      it('takes part in an election that the server has opened', async () => {
        const ids = await Promise.all([1, 2].map(() => createOctoStoreElection({ baseUrl: server().url })));
        expect(new Set(ids).size).toBe(2);
        const locks = createLocks(octostoreElection({ id: ids[0]!, baseUrl: server().url }));
        await using lease = await locks.acquire(ids[0]!, '15s');
        expect(lease.isHeld).toBe(true);
        await lease.release();
        await locks.close();
      });
    });
  }

  describe('through leader$', () => {
    const all: Locks[] = [];
    let following = new Subscription();
    afterEach(async () => {
      following.unsubscribe();
      following = new Subscription();
      await Promise.all(all.splice(0).map((locks) => locks.close()));
    });
    const candidate = (id: string, holder: string, metadata?: string) => {
      // Who is not woken up by the service tries again after longer than a test may take.
      const retry = { initial: '10m', max: '10m', jitter: 'none' } as const;
      const locks = createLocks(node.octostoreElection({ id, baseUrl: server().url }), { holder, retry });
      all.push(locks);
      const seen: Leadership[] = [];
      const subscription = locks.leader$(id, '300s', { metadata }).subscribe((leadership) => seen.push(leadership));
      following.add(subscription);
      return { locks, seen, subscription, leads: () => seen.at(-1)?.leading === true };
    };

    it('has one leader, whom the follower knows, and hands over at once', async () => {
      const id = anyElection();
      const anna = candidate(id, 'anna', 'machine 1');
      await until(anna.leads, 'the first leader');
      const ben = candidate(id, 'ben', 'machine 2');
      await until(() => (ben.seen.at(-1) as { leader?: object }).leader !== undefined, 'the leader as ben sees it');
      const { lease } = anna.seen.at(-1) as Extract<Leadership, { leading: true }>;
      expect(ben.seen.at(-1)).toEqual({
        leading: false,
        leader: { holder: 'anna', metadata: 'machine 1', term: lease.fencingToken },
      });
      expect(anna.leads() && ben.leads()).toBe(false);
      anna.subscription.unsubscribe();
      await until(ben.leads, 'the next leader, by a push');
      const next = (ben.seen.at(-1) as Extract<Leadership, { leading: true }>).lease;
      expect(next.fencingToken).toBeGreaterThan(lease.fencingToken!);
      expect(await anna.locks.status(id)).toMatchObject({ holder: 'ben', metadata: 'machine 2' });
    });

    it('has one leader at a time of many, whoever comes and goes', async () => {
      const id = anyElection();
      const candidates = ['a', 'b', 'c', 'd'].map((holder) => candidate(id, holder));
      const terms: bigint[] = [];
      for (let left = candidates; left.length > 0;) {
        await until(() => left.some(({ leads }) => leads()), 'a leader');
        const leaders = left.filter(({ leads }) => leads());
        expect(leaders).toHaveLength(1);
        const [leader] = leaders as [(typeof candidates)[number]];
        terms.push((leader.seen.at(-1) as Extract<Leadership, { leading: true }>).lease.fencingToken!);
        leader.subscription.unsubscribe();
        left = left.filter((one) => one !== leader);
      }
      expect(terms).toEqual([...terms].sort((x, y) => (x < y ? -1 : 1)));
      expect(new Set(terms).size).toBe(4);
    });

    it('shows two of one name apart', async () => {
      const id = anyElection();
      const first = candidate(id, 'worker');
      await until(first.leads, 'the first leader');
      const second = candidate(id, 'worker');
      await until(() => (second.seen.at(-1) as { leader?: object }).leader !== undefined, 'the leader');
      const { leader } = second.seen.at(-1) as Extract<Leadership, { leading: false }>;
      expect(leader?.holder).toMatch(/^worker@/);
    });

    it('takes part through lock$ and using as well', async () => {
      const id = anyElection();
      const { locks, leads, subscription } = candidate(id, 'anna');
      await until(leads, 'the leader');
      const rest = createLocks(node.octostoreElection({ id, baseUrl: server().url }), { holder: 'ben' });
      all.push(rest);
      expect(await rest.tryUsing(id, '15s', () => Promise.resolve('done'))).toBeNull();
      const waiting = rest.using(id, '15s', (lease) => Promise.resolve(lease.holder));
      subscription.unsubscribe();
      expect(await waiting).toBe('ben');
      expect(await locks.using(id, '15s', () => Promise.resolve('done'))).toBe('done');
    });
  });
});
