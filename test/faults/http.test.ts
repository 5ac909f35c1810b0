import { expect } from 'vitest';
import type { Reply } from '../support/http-faults.js';
import { faultRows } from './support/fault-rows.js';
import { handOver, heldAndWanted, keepOn, LONG, TTL } from './support/scene.js';

const BUSY: Reply = { status: 429, headers: { 'retry-after': '2' }, body: '{"code":"rate_limited"}' };
const DENIED: Reply = { status: 401, body: '{"code":"authentication_failed"}' };

faultRows('bad answers', (row) => {
  const replies: readonly (readonly [string, Reply])[] = [
    ['500', { status: 500, body: '{"code":"internal_error"}' }],
    ['503, a page of some proxy', { status: 503, body: '<html></html>' }],
    ['429 with Retry-After', BUSY],
    ['404, a page of some proxy', { status: 404, body: '<html></html>' }],
    ['200, a page of some proxy', { status: 200, body: '<html></html>' }],
    ['307 to somewhere else', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }],
    ['401', DENIED],
  ];
  for (const [title, reply] of replies) {
    row(`${title}, for longer than the ttl`, async (stage) => {
      const scene = await heldAndWanted(stage);
      stage.http.answer('', reply);
      await handOver(scene);
      const types = stage.history.of('holder').map(({ type }) => type);
      expect(types.indexOf('uncertain')).toBeGreaterThan(0);
      expect(types.indexOf('uncertain')).toBeLessThan(types.indexOf('lost'));
    });

    row(`${title}, until before the deadline`, async (stage) => {
      const scene = await heldAndWanted(stage, LONG);
      stage.http.answer('', reply);
      await scene.holder.told('uncertain');
      stage.http.heal();
      await keepOn(scene);
    });
  }

  for (const [title, reply] of [
    ['429', BUSY],
    ['503', { ...BUSY, status: 503, body: '{}' }],
  ] as const) {
    row(`${title} with Retry-After to acquire`, async (stage) => {
      const { http } = stage;
      const holder = stage.holder();
      http.answer('/acquire', reply, 1);
      const { events } = await holder.follow(stage.name, TTL).told('acquired');
      // Neither another attempt nor a watch.
      const [refused, next] = http.those('/locks/');
      // Not a millisecond before.
      expect(next!.at - refused!.answeredAt!).toBeGreaterThanOrEqual(2000);
      expect(events[0]).toMatchObject({ type: 'waiting' });
      expect(events[0]?.type === 'waiting' ? events[0].retryIn : 0).toBeGreaterThanOrEqual(2000);
      await holder.told('renewed');
      return `asked again after ${String(Math.floor(next!.at - refused!.answeredAt!))} ms`;
    });
  }

  row('401, as the token was rotated elsewhere', async (stage) => {
    let reads = 0;
    const token = (): string => {
      reads++;
      return stage.token;
    };
    const scene = await heldAndWanted(stage, TTL, { token });
    const { json } = await stage.ask('POST', '/auth/token/rotate');
    stage.token = (json as { readonly token: string }).token;
    await keepOn(scene);
    expect(reads).toBe(2);
    expect(scene.holder.count('uncertain')).toBe(0);
    return `the token was read ${String(reads)} times`;
  });

  row('401, and no other token, for longer than the ttl', async (stage) => {
    let reads = 0;
    const token = (): string => {
      reads++;
      return stage.token;
    };
    const scene = await heldAndWanted(stage, TTL, { token });
    const before = stage.http.seen.length;
    stage.http.answer('', DENIED);
    await handOver(scene);
    const refused = stage.http.seen.length - before;
    // Once for each request at most.
    expect(reads).toBeGreaterThan(1);
    expect(reads - 1).toBeLessThanOrEqual(refused);
    return `the token was read ${String(reads)} times, for ${String(refused)} refusals`;
  });
});
