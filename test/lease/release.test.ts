import { describe, expect, it } from 'vitest';
import { held } from '../support/held.js';
import { setup } from '../support/virtual.js';

describe('the release (rules 6 and 7)', () => {
  it('is sent at the end of the turn', () => {
    const { backend, lease, subscription, time } = held();
    subscription.unsubscribe();
    expect(lease.isHeld).toBe(false);
    expect(backend.releases).toHaveLength(0);
    time.turn();
    expect(backend.releases).toHaveLength(1);
  });

  it('is sent earlier if the same name is asked for again', () => {
    const { backend, locks, subscription } = held();
    const other = locks.lock$('b', '10s').subscribe();
    backend.acquired[1]!.grant();
    subscription.unsubscribe();
    other.unsubscribe();
    locks.lock$('a', '10s').subscribe();
    expect(backend.releases).toHaveLength(1);
    expect(backend.releases[0]!.args.grants[0]!.name).toBe('a');
  });

  it('of one turn is one batch', () => {
    const { backend, locks, time } = setup();
    backend.onAcquire = (call) => call.grant();
    const subscriptions = ['a', 'b', 'c'].map((name) => locks.lock$(name, '10s').subscribe());
    for (const subscription of subscriptions) subscription.unsubscribe();
    time.turn();
    expect(backend.releases.map((call) => call.args.grants.length)).toEqual([3]);
  });

  it('follows released and the end of the stream', () => {
    const { backend, lease, log, time } = held();
    let sent = -1;
    backend.onRelease = (call) => {
      sent = log.length;
      call.confirm();
    };
    void lease.release();
    time.turn();
    expect(log).toEqual(['0 acquired', '0 released', '0 complete']);
    expect(sent).toBe(3);
  });

  it('is tried again when it is not answered, for a bounded time', () => {
    const { backend, subscription, time } = held();
    backend.onRelease = (call) => {
      call.confirm('unknown');
    };
    subscription.unsubscribe();
    time.advance(60_000);
    expect(backend.releases.length).toBeGreaterThan(3);
    expect(backend.releases.length).toBeLessThan(12);
  });

  it('does not hold up its caller for more than a second', async () => {
    const { backend, lease, time } = held();
    backend.onRelease = undefined;
    let done = false;
    const released = lease.release().then(() => {
      done = true;
    });
    time.advance(999);
    await Promise.resolve();
    expect(done).toBe(false);
    time.advance(1);
    await released;
    expect(done).toBe(true);
  });

  it('says what the service answered on events$', () => {
    const { backend, lease, locks, time } = held();
    const seen: unknown[] = [];
    locks.events$.subscribe((event) => seen.push(event));
    backend.onRelease = (call) => {
      call.confirm('gone');
    };
    void lease.release();
    time.turn();
    expect(seen).toMatchObject([
      { type: 'released', held: 0 },
      { type: 'release', outcome: 'gone' },
    ]);
  });
});
