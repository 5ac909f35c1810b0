import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Bounds, Grant } from '../../src/contract/backend.js';
import { SharedTable } from '../../src/threaded/shared/shared-table.js';
import { TimeLine } from '../../src/threaded/shared/time-line.js';
import type { Report } from '../../src/threaded/shared/messages.js';
import { WorkerDesk } from '../../src/threaded/worker/desk.js';
import { Wards } from '../../src/threaded/worker/wards.js';
import { schedulerClock } from '../../src/values/scheduler-clock.js';
import { ManualBackend } from '../support/manual-backend.js';
import { settle, Time } from '../support/virtual.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const KEEPING = { renew: true, renewRatio: 1 / 3, safetyFactor: 0.8 };

/** A worker that looks after locks of 10 s, in virtual time, which is the common one as well. */
function looking({ stallLimit = 60_000 }: { readonly stallLimit?: number } = {}) {
  const time = new Time();
  vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => BigInt(Math.round(time.now() * 1e6)));
  const table = new SharedTable({ head: new SharedArrayBuffer(8), epoch: 0 });
  const backend = new ManualBackend();
  const runtime = { clock: schedulerClock(time), scheduler: time, random: () => 0 };
  backend.open(runtime);
  const reports: Report[] = [];
  const wards = new Wards({
    backend,
    runtime,
    table,
    timeLine: new TimeLine(runtime.clock),
    stallLimit,
    post: (report) => reports.push(report),
    flush: () => undefined,
  });
  const enter = (
    bounds: Bounds | undefined = [{ sentAt: time.now(), ttl: 10_000 }],
    keeping?: typeof KEEPING | null,
  ) => {
    const grant: Grant = { name: 'a', fencingToken: 1n };
    const asked = { ttl: 10_000, keeping: keeping === null ? undefined : (keeping ?? KEEPING) };
    const copy = wards.enter(grant, asked, bounds);
    return { ...copy, real: grant, ward: wards.find(copy.id)! };
  };
  /** Time passes in small steps, with the main thread turning or not. */
  const pass = async (milliseconds: number, isTurning: boolean): Promise<void> => {
    for (let i = 0; i < milliseconds; i += 100) {
      if (isTurning) table.beat();
      time.advance(100);
      await settle(time);
    }
  };
  table.beat();
  return { time, table, backend, reports, wards, enter, pass };
}

describe('the worker', () => {
  it('leaves the renewals to a main thread that turns', async () => {
    const { time, backend, wards, enter, pass, reports } = looking();
    const { ward } = enter();
    for (let i = 0; i < 5; i++) {
      await pass(3300, true);
      wards.asked(ward, 10_000);
      wards.confirm(ward, [{ sentAt: time.now(), ttl: 10_000 }]);
    }
    expect(backend.renewals).toEqual([]);
    expect(reports.filter(({ say }) => say === 'lost')).toEqual([]);
  });

  it('renews in its place while it stands still, and writes down what was confirmed', async () => {
    const { backend, table, enter, pass } = looking();
    backend.onRenew = (call) => call.confirm();
    const { id, place } = enter();
    await pass(25_000, false);
    expect(backend.renewals.length).toBeGreaterThanOrEqual(4);
    const { sentAt } = table.read(place, id) as { sentAt: number };
    expect(sentAt).toBeGreaterThan(25_000 - 4500);
    expect(sentAt).toBe(backend.renewals.at(-1)!.at);
  });

  it('gives up a main thread that stands still for longer than the limit', async () => {
    const { backend, table, reports, enter, pass } = looking({ stallLimit: 20_000 });
    backend.onRenew = (call) => call.confirm();
    const { id, place } = enter();
    await pass(40_000, false);
    expect(backend.renewals.at(-1)!.at).toBeLessThanOrEqual(20_000);
    expect(table.read(place, id)).toBe('over');
    expect(reports.at(-1)).toMatchObject({ say: 'lost', ids: [id], reason: 'expired' });
  });

  it('does not renew what a main thread that turns has not asked for', async () => {
    const { backend, reports, enter, pass } = looking();
    const { id } = enter();
    await pass(6000, true);
    // It stands still only after it ought to have asked.
    await pass(3000, false);
    expect(backend.renewals).toEqual([]);
    expect(reports.at(-1)).toMatchObject({ say: 'lost', ids: [id], reason: 'expired' });
  });

  it('goes on with what it had asked for, though that failed', async () => {
    const { backend, wards, enter, pass } = looking();
    backend.onRenew = (call) => call.confirm();
    const { ward } = enter();
    await pass(5500, true);
    wards.asked(ward, 10_000);
    await pass(1500, false);
    expect(backend.renewals.length).toBeGreaterThan(0);
  });

  it.each([
    ['that is to run out', { ...KEEPING, renew: false }],
    ['that the main thread alone renews', null],
  ])('does not renew a lock %s', async (_, keeping) => {
    const { backend, enter, pass } = looking();
    enter(undefined, keeping);
    await pass(12_000, false);
    expect(backend.renewals).toEqual([]);
  });

  it('keeps to what the lock asks for', async () => {
    const { backend, enter, pass } = looking();
    enter([{ sentAt: 0, ttl: 10_000 }], { renew: true, renewRatio: 0.1, safetyFactor: 0.3 });
    await pass(2000, false);
    expect(backend.renewals[0]!.at).toBeLessThan(1500);
  });

  it('says why a lock ran out', async () => {
    const { backend, reports, enter, pass } = looking();
    const cause = new Error('out of reach');
    backend.onRenew = (call) => call.fail(cause);
    const { id } = enter();
    await pass(9000, false);
    expect(reports.at(-1)).toMatchObject({
      say: 'lost',
      ids: [id],
      reason: 'expired',
      cause: { message: 'out of reach' },
    });
  });

  it('tells a refusal, and then the table', async () => {
    const { backend, table, wards, reports, enter, pass } = looking();
    backend.onRenew = (call) => call.refuse();
    const { id, place } = enter();
    await pass(6000, false);
    expect(reports.at(-1)).toMatchObject({ say: 'lost', ids: [id], reason: 'refused' });
    expect(table.read(place, id)).toBe('over');
    expect(wards.find(id)).toBeUndefined();
  });

  it('passes a revocation on', () => {
    const { table, wards, reports, enter } = looking();
    const { id, place, real } = enter();
    wards.revoke({ grants: [real, { name: 'unknown' }], reason: 'session', cause: new Error('ended') });
    expect(reports.at(-1)).toMatchObject({ say: 'lost', ids: [id], reason: 'session', cause: { message: 'ended' } });
    expect(table.read(place, id)).toBe('over');
  });

  it('keeps what has run out for as long as it may be given back, and then forgets it', async () => {
    const { wards, enter, pass } = looking();
    const { id } = enter(undefined, { ...KEEPING, renew: false });
    await pass(10_000, false);
    expect(wards.find(id)).toBeDefined();
    await pass(20_000, false);
    expect(wards.find(id)).toBeUndefined();
  });

  it('believes in a shorter ttl as soon as that is asked for, and in no more until it is confirmed', async () => {
    const { time, wards, reports, enter, pass, table } = looking();
    const lost = () => reports.filter(({ say }) => say === 'lost');
    const { ward, id, place } = enter();
    await pass(3300, true);
    wards.asked(ward, 1000);
    await pass(500, true);
    expect(lost()).toEqual([]);
    wards.confirm(ward, [{ sentAt: time.now() - 100, ttl: 1000 }]);
    await pass(500, true);
    expect(lost()).toEqual([]);
    expect(table.read(place, id)).toMatchObject({ ttl: 1000 });
    await pass(300, true);
    expect(lost()).toMatchObject([{ ids: [id], reason: 'expired' }]);
  });

  it('asks for no longer ttl while a renewal of its own is under way', async () => {
    const { time, backend, wards, reports, enter, pass } = looking();
    const { ward, id } = enter();
    await pass(5000, false);
    expect(backend.renewals).toHaveLength(1);
    const desk = new WorkerDesk({
      backend,
      wards,
      timeLine: new TimeLine(schedulerClock(time)),
      post: (report) => reports.push(report),
    });
    const ask = (call: number): void => {
      desk.receive({ do: 'ask', call, question: { of: 'renew', ids: [id], ttls: [90_000] } });
    };
    ask(1);
    expect(backend.renewals).toHaveLength(1);
    expect(reports).toContainEqual({ say: 'next', call: 1, value: { index: 0, outcome: 'unknown' } });
    expect(ward.ttl).toBe(10_000);
    backend.renewals[0]!.confirm();
    ask(2);
    expect(backend.renewals).toHaveLength(2);
    expect(ward.ttl).toBe(90_000);
  });

  it('tells that it has forgotten what was on its way back, and never came there', async () => {
    const { wards, reports, enter, pass } = looking();
    const { id, ward } = enter();
    wards.retire(ward);
    await pass(19_900, true);
    expect(reports.filter(({ say }) => say === 'lost')).toEqual([]);
    await pass(200, true);
    expect(reports.at(-1)).toMatchObject({ say: 'lost', ids: [id], reason: 'expired' });
    expect(wards.find(id)).toBeUndefined();
  });

  it('knows nothing as confirmed of a grant of unknown age, until it was renewed', async () => {
    const { backend, table, wards, enter, pass } = looking();
    backend.onRenew = (call) => call.confirm();
    const { id, place, ward } = enter([] as unknown as Bounds);
    wards.drop(ward);
    const grant: Grant = { name: 'b' };
    const copy = wards.enter(grant, { ttl: 10_000, keeping: KEEPING }, undefined);
    expect(table.read(copy.place, copy.id)).toBeUndefined();
    expect(table.read(place, id)).toBe('over');
    await pass(5000, false);
    expect(table.read(copy.place, copy.id)).toMatchObject({ ttl: 10_000 });
  });

  it('gives a place to one after the other, and adds pages', () => {
    const { wards, table, reports, enter } = looking();
    const first = enter();
    wards.drop(first.ward);
    expect(enter().place).toBe(first.place);
    for (let i = 0; i < 600; i++) enter();
    expect(reports.filter(({ say }) => say === 'page')).toHaveLength(2);
    expect(table.size).toBe(1024);
    wards.stop();
    expect(wards.find(first.id + 5)).toBeUndefined();
  });
});
