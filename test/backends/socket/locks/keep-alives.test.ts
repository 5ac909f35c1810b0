import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Renewal } from '../../../../src/contract/backend.js';
import { HeldSum } from '../../../../src/native/held-sum.js';
import { until } from '../../../support/poll.js';
import type { ScriptedLine } from '../support/scripted-server.js';
import { anyName, KEEPING } from '../support/socket-client.js';
import { withServer } from '../support/with-server.js';

const alives = (line: ScriptedLine): number => line.all('alive').length;
const outcomes = (renewals: readonly Renewal[]): readonly string[] => renewals.map(({ outcome }) => outcome);

describe('a keep-alive', () => {
  const scene = withServer();

  it('is one for all that is renewed in a turn, with count and hash of all that is held', async () => {
    const client = scene.client();
    const granted = await Promise.all(Array.from({ length: 100 }, () => client.acquire(anyName())));
    const grants = granted.map(({ grant }) => grant);
    const before = alives(scene.server.line);
    const renewals = await Promise.all([client.renew(grants.slice(0, 60)), client.renew(grants.slice(60))]);
    expect(outcomes(renewals.flat())).toEqual(grants.map(() => 'renewed'));
    expect(alives(scene.server.line)).toBe(before + 1);
    const sum = new HeldSum();
    for (const id of scene.server.held) sum.add(id);
    expect(scene.server.line.all('alive').at(-1)).toMatchObject({ news: 100, count: 100, hash: sum.hash });
  });

  it('counts from its own send', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a');
    const before = client.clock.elapsed();
    let heard = NaN;
    scene.server.on('alive', () => {
      heard = client.clock.elapsed();
      // The answer takes its time.
      client.clock.advance(1000);
      return undefined;
    });
    const [renewal] = await client.renew([grant]);
    const [bound] = renewal?.outcome === 'renewed' ? renewal.bounds : [];
    expect(bound?.ttl).toBe(30_000);
    expect(bound?.sentAt).toBeGreaterThanOrEqual(before);
    expect(bound?.sentAt).toBeLessThanOrEqual(heard);
  });

  it('is never sent again: what was on its way when the connection fell is unknown', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a');
    const { line } = scene.server;
    line.isSilent = true;
    const renewing = client.renew([grant]);
    await until(() => alives(line) > 0);
    const cutAt = client.clock.elapsed();
    line.cut();
    expect(outcomes(await renewing)).toEqual(['unknown']);
    const [renewal] = await client.renew([grant]);
    expect(renewal).toMatchObject({ outcome: 'renewed' });
    if (renewal?.outcome === 'renewed') expect(renewal.bounds[0].sentAt).toBeGreaterThan(cutAt);
    expect(scene.server.lines).toHaveLength(2);
  });

  it('that was asked for while there was no connection is sent by the next, and counts from then', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a');
    scene.server.line.cut();
    await until(() => scene.server.lines.length === 2 || !client.backend.features.fencing, 'another connection');
    const [renewal] = await client.renew([grant]);
    expect(renewal).toMatchObject({ outcome: 'renewed' });
  });

  it('that does not fit is settled: what the server does not have is lost, the rest is renewed', async () => {
    const client = scene.client();
    const [a, b] = [await client.acquire('a'), await client.acquire('b')];
    scene.server.on('alive', ({ id }) => {
      scene.server.off('alive');
      return [{ type: 'mismatch', id }];
    });
    scene.server.on('settle', ({ id, holds }) => [scene.server.lost(holds[0] as number, 'gone'), { type: 'done', id }]);
    expect(outcomes(await client.renew([a.grant, b.grant]))).toEqual(['refused', 'renewed']);
    expect(client.lost).toEqual(['a: refused']);
    expect(scene.server.line.all('settle')).toMatchObject([{ holds: [1, 2], wants: [] }]);
  });

  it('that never fits ends the connection, and is unknown', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a');
    scene.server.on('alive', ({ id }) => [{ type: 'mismatch', id }]);
    expect(outcomes(await client.renew([grant]))).toEqual(['unknown']);
    await until(() => scene.server.lines.length > 1, 'another connection');
  });

  it('settles before what is asked in the same turn, so that nothing new is given back', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a');
    scene.server.on('alive', ({ id }) => {
      scene.server.off('alive');
      return [{ type: 'mismatch', id }];
    });
    const renewing = client.renew([grant]);
    const other = client.acquire('b');
    await Promise.all([renewing, other]);
    const types = scene.server.line.said.map(({ type }) => type);
    expect(types.slice(types.indexOf('settle'))).toEqual(['settle', 'alive']);
  });

  it('is sent when the server says that it is time', async () => {
    const client = scene.client();
    await client.acquire('a');
    const before = alives(scene.server.line);
    scene.server.line.say({ type: 'tick' });
    await until(() => alives(scene.server.line) > before, 'a keep-alive');
  });

  it('is what confirmed() tells of, even if nobody asked for it', async () => {
    const client = scene.client();
    const { grant, bounds } = await client.acquire('a');
    expect(client.backend.confirmed?.(grant)).toEqual(bounds);
    scene.server.line.say({ type: 'tick' });
    await until(() => (client.backend.confirmed?.(grant)?.[0].sentAt ?? 0) > bounds[0].sentAt, 'a confirmation');
  });

  it('confirms nothing that was heard of after it was sent', async () => {
    const client = scene.client();
    await client.acquire('a');
    scene.server.on('alive', () => []);
    scene.server.line.say({ type: 'tick' });
    await until(() => alives(scene.server.line) > 0);
    const { grant, bounds } = await client.acquire('b');
    scene.server.line.say({ type: 'done', id: scene.server.line.all('alive')[0]?.id ?? 0 });
    await client.isHeld('b');
    expect(client.backend.confirmed?.(grant)).toEqual(bounds);
  });

  it('that is not answered shows that the connection is dead, long before the deadline', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a', { ttl: 2000 });
    scene.server.line.isSilent = true;
    const since = client.clock.elapsed();
    expect(outcomes(await client.renew([grant], 2000))).toEqual(['unknown']);
    expect(outcomes(await client.renew([grant], 2000))).toEqual(['renewed']);
    expect(client.clock.elapsed() - since).toBeLessThan(0.8 * 2000);
    expect(client.revocations).toEqual([]);
  });

  it('is not for what the core does not renew: that is renewed for itself', async () => {
    const client = scene.client();
    const a = await client.acquire('a', { keeping: { ...KEEPING, renew: false } });
    const b = await client.acquire('b', { keeping: undefined });
    expect(scene.server.line.all('acquire').map(({ renew }) => renew)).toEqual([false, false]);
    expect(outcomes(await client.renew([a.grant, b.grant]))).toEqual(['renewed', 'renewed']);
    expect(scene.server.line.all('ttl')).toMatchObject([
      { lock: 1, ttl: 30_000 },
      { lock: 2, ttl: 30_000 },
    ]);
    scene.server.line.say({ type: 'tick' });
    const before = client.backend.confirmed?.(a.grant);
    await client.isHeld('a');
    expect(client.backend.confirmed?.(a.grant)).toEqual(before);
  });

  it('gives another ttl for itself, and keeps that from then on', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a');
    const [longer] = await client.renew([grant], 60_000);
    expect(longer).toMatchObject({ outcome: 'renewed', bounds: [{ ttl: 60_000 }] });
    const [again] = await client.renew([grant], 60_000);
    expect(again).toMatchObject({ outcome: 'renewed', bounds: [{ ttl: 60_000 }] });
    expect(scene.server.line.all('ttl')).toHaveLength(1);
  });

  it('believes the shorter ttl if nobody says which one it is', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a');
    scene.server.on('ttl', () => []);
    void client.renew([grant], 10_000);
    await until(() => scene.server.line.all('ttl').length === 1);
    const [kept] = await client.renew([grant], 10_000);
    expect(kept).toMatchObject({ outcome: 'renewed', bounds: [{ ttl: 10_000 }] });
  });

  it('that the server refuses is an error of that lock alone', async () => {
    const client = scene.client();
    const [a, b] = [await client.acquire('a'), await client.acquire('b')];
    scene.server.on('ttl', ({ id }) => [{ type: 'error', id, code: 'gone', message: 'no' }]);
    expect(outcomes(await client.renew([a.grant], 10_000))).toEqual(['refused']);
    scene.server.on('ttl', ({ id }) => [{ type: 'error', id, code: 'storage', message: 'full' }]);
    expect(outcomes(await client.renew([b.grant], 10_000))).toEqual(['unknown']);
    expect(outcomes(await client.renew([b.grant]))).toEqual(['renewed']);
  });

  it('does not keep for ever what nobody believes in any more', async () => {
    const client = scene.client();
    const a = await client.acquire('a', { ttl: 1000 });
    const b = await client.acquire('b', { ttl: 1000 });
    const end = client.clock.elapsed() + 6000;
    while (client.clock.elapsed() < end && scene.server.held.size === 2) {
      await client.renew([b.grant], 1000);
      await firstValueFrom(client.backend.status('c'));
    }
    expect([...scene.server.held]).toEqual([2]);
    expect(client.lost).toEqual(['a: expired']);
    expect(outcomes(await client.renew([a.grant, b.grant], 1000))).toEqual(['refused', 'renewed']);
  });

  it('is asked for by ping', async () => {
    const client = scene.client();
    expect(await lastValueFrom(client.backend.ping!().pipe(toArray()))).toEqual([]);
    expect(alives(scene.server.line)).toBe(1);
  });

  it('is sent for who waits, too', async () => {
    const client = scene.client();
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const attempt = client.ask('a', { ttl: 1000 });
    await until(() => attempt.types.length > 0);
    await until(() => alives(scene.server.line) >= 2, 'two keep-alives');
    attempt.leave();
  });
});
