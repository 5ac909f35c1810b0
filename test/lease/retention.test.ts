import { describe, expect, it } from 'vitest';
import { retain } from '../../src/contract/retention.js';
import { held } from '../support/held.js';

describe('several who keep one lease', () => {
  it('it is renewed for those whose work goes on, though another has given up on his', () => {
    const { backend, lease, subscription, time } = held();
    const [stuck, healthy] = [retain(lease), retain(lease)];
    stuck.abandon();
    subscription.unsubscribe();
    time.advance(3333);
    expect(backend.renewals).toHaveLength(1);
    backend.renewals[0]!.confirm();
    expect(lease.isHeld).toBe(true);
    healthy.release();
    // Whose work does not stop is left alone with it: the lock is not given back, and runs out.
    time.advance(20_000);
    expect(backend.renewals).toHaveLength(1);
    expect(backend.releases).toHaveLength(0);
    expect(lease.isHeld).toBe(false);
  });

  it('it is renewed for its subscriber, though all others have given up on their work', () => {
    const { backend, lease, time } = held();
    retain(lease).abandon();
    time.advance(3333);
    expect(backend.renewals).toHaveLength(1);
    backend.renewals[0]!.confirm();
    expect(lease.isHeld).toBe(true);
  });

  it('it goes back when the last has let go', () => {
    const { backend, lease, subscription, time } = held();
    const keepers = [retain(lease), retain(lease)];
    subscription.unsubscribe();
    keepers[0]!.release();
    keepers[0]!.release();
    time.turn();
    expect(backend.releases).toHaveLength(0);
    keepers[1]!.release();
    time.turn();
    expect(backend.releases).toHaveLength(1);
  });
});

describe('minHold where the service cannot do it', () => {
  it('keeps its holder waiting for nothing: the lock is renewed until then, and given back', async () => {
    const { backend, lease, time } = held({}, { minHold: '5s' });
    await lease.release();
    expect(lease.isHeld).toBe(false);
    expect(backend.releases).toHaveLength(0);
    time.advance(3333);
    expect(backend.renewals).toHaveLength(1);
    backend.renewals[0]!.confirm();
    time.advance(1667);
    expect(backend.releases).toHaveLength(1);
  });

  it('lets whoever has left it, and asks later, go at once as well', async () => {
    const { lease, subscription } = held({}, { minHold: '5s' });
    subscription.unsubscribe();
    await lease.release();
    expect(lease.isHeld).toBe(false);
  });
});
