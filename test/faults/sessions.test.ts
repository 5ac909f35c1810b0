import { expect } from 'vitest';
import { until } from '../support/poll.js';
import { faultRows } from './support/fault-rows.js';
import { PATIENCE } from './support/party.js';
import { handOver, heldAndWanted, TTL } from './support/scene.js';

/** The shortest that there is. */
const SHORT = { sessionTtl: '10s' } as const;

faultRows('a session that ends while the ttl is long', (row) => {
  row('held for twice as long as the session', async (stage) => {
    const { holder, other, working } = await heldAndWanted(stage, 120_000, SHORT);
    const since = performance.now();
    // The server sweeps sessions every 5 s.
    await until(() => performance.now() - since > 22_000, 'the end that a dead session would have had', PATIENCE);
    expect(other.count('acquired')).toBe(0);
    expect(holder.count('lost')).toBe(0);
    working.unsubscribe();
    await other.told('acquired');
  });

  row('keep-alives blackholed, renewals passing', async (stage) => {
    stage.http.swallow('/keepalive');
    const scene = await heldAndWanted(stage, 12_000, SHORT);
    await handOver(scene);
    expect(stage.http.those('/renew').length).toBeGreaterThan(0);
    return `${String(stage.http.those('/renew').length)} renewals answered`;
  });

  row('keep-alives answered with 500, renewals passing', async (stage) => {
    stage.http.answer('/keepalive', { status: 500, body: '{"code":"internal_error"}' });
    const scene = await heldAndWanted(stage, 12_000, SHORT);
    await handOver(scene);
    expect(scene.holder.count('uncertain')).toBeGreaterThan(0);
    return `${String(stage.http.those('/renew').length)} renewals answered`;
  });

  row('server stopped', async (stage) => {
    const scene = await heldAndWanted(stage, 60_000, SHORT);
    stage.server.pause();
    await scene.holder.told('lost');
    stage.server.resume();
    await handOver(scene);
  });

  // Whoever takes a session away frees its locks at that moment: no client can know before it asks. So nobody contends.
  for (const ttl of [TTL, 120_000]) {
    row(`deleted behind the client's back, ttl ${String(ttl / 1000)} s`, async (stage) => {
      const holder = stage.holder(SHORT);
      holder.work(stage.name, ttl);
      await holder.told('value', 3);
      const before = stage.http.seen.length;
      await stage.ask('DELETE', `/sessions/${stage.session()}`);
      const deleted = Date.now();
      await holder.told('lost');
      // By the service's word, at the next renewal.
      expect(holder.count('uncertain')).toBe(0);
      expect(holder.reasons).not.toContain('expired');
      expect(stage.http.seen.length - before).toBeLessThanOrEqual(2);
      const lost = stage.history.first('holder', 'lost')!;
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('acquired');
      return `told at the next renewal, ${String(lost.told - deleted)} ms later (${holder.reasons.join()})`;
    });
  }
});
