import { asyncScheduler, firstValueFrom, take, takeUntil, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { memory } from '../../../src/backends/memory/memory.js';
import { systemClock } from '../../../src/values/system-clock.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import { LockClosedError, LockConfigError, LockValidationError } from '../../../src/contract/errors.js';
import { LockTable } from '../../../src/table/lock-table.js';
import type { Grant, Revocation } from '../../../src/contract/backend.js';
import { Attempt, Crowd, runtimeOn, Stage, valueOf, type Memory } from './support/support.js';

describe('memory', () => {
  describe('acquire', () => {
    it('grants a free name synchronously', () => {
      const stage = new Stage();
      stage.runUntil(70);
      const attempt = stage.ask('x', { ttl: 5000, metadata: 'm', holder: 'h' });
      expect(attempt.completed).toBe(true);
      expect(attempt.signals).toHaveLength(1);
      expect(attempt.last).toMatchObject({ type: 'granted', bounds: [{ sentAt: 70, ttl: 5000 }] });
      expect(attempt.grant).toMatchObject({ name: 'x', fencingToken: 1n, holder: 'h', metadata: 'm' });
    });

    it('says who holds it to one that does not wait', () => {
      const stage = new Stage();
      stage.grab('x', { ttl: 5000, holder: 'h' });
      stage.runUntil(1000);
      const attempt = stage.ask('x', { wait: false });
      expect(attempt.signals).toEqual([
        { type: 'held', holder: 'h', mode: 'exclusive', expiresAt: 5000, retryAfter: 4000 },
      ]);
      expect(attempt.completed).toBe(true);
    });

    it('queues one that waits, and pushes the grant in order of arrival', () => {
      const stage = new Stage();
      const grant = stage.grab('x', { ttl: 5000, holder: 'h' });
      const [a, b] = [stage.ask('x', { ttl: 2000 }), stage.ask('x')];
      expect(a.signals).toEqual([{ type: 'queued', position: 0, holder: 'h', mode: 'exclusive', expiresAt: 5000 }]);
      expect(b.signals).toEqual([{ type: 'queued', position: 1, holder: 'h', mode: 'exclusive', expiresAt: 5000 }]);
      stage.runUntil(300);
      stage.release(grant);
      expect(a.last).toMatchObject({ type: 'granted', bounds: [{ sentAt: 300, ttl: 2000 }] });
      expect([a.completed, b.completed]).toEqual([true, false]);
      stage.release(a.grant);
      expect(b.grant.fencingToken).toBe(3n);
    });

    it('leaves the queue when unsubscribed', () => {
      const stage = new Stage();
      const grant = stage.grab('x');
      const [a, b] = [stage.ask('x'), stage.ask('x')];
      a.subscription.unsubscribe();
      expect(stage.status('x')).toBe('held me 1');
      stage.release(grant);
      expect(a.types).toEqual(['queued']);
      expect(b.types).toEqual(['queued', 'granted']);
      expect(a.strays).toEqual([]);
    });

    it('leaves the queue when unsubscribed by its own first signal', () => {
      const stage = new Stage();
      stage.grab('x');
      const request = { name: 'x', ttl: 1000, wait: true, holder: 'me', stray: () => {} };
      stage.backend.acquire(request).pipe(take(1)).subscribe();
      expect(stage.status('x')).toBe('held me 0');
    });

    it('keeps its lock when unsubscribed after the grant', () => {
      const stage = new Stage();
      stage.ask('x').subscription.unsubscribe();
      expect(stage.status('x')).toBe('held me 0');
    });

    it('hands a grant that nobody awaits any more to stray', () => {
      const stage = new Stage();
      stage.grab('y', { ttl: 100 });
      stage.scheduler.frame = 200;
      const strays: Grant[] = [];
      const types: string[] = [];
      const stray = (grant: Grant): void => {
        strays.push(grant);
      };
      // Asking for x brings to light that y has expired, and that ends the asking.
      stage.backend
        .acquire({ name: 'x', ttl: 1000, wait: true, holder: 'me', stray })
        .pipe(takeUntil(stage.backend.revoked$))
        .subscribe(({ type }) => types.push(type));
      expect(types).toEqual([]);
      expect(strays.map(({ name }) => name)).toEqual(['x']);
      expect(stage.release(strays[0]!)).toBe('released');
    });

    it('counts a queued grant from the moment of the grant', () => {
      const stage = new Stage();
      stage.grab('x', { ttl: 700 });
      const waiting = stage.ask('x', { ttl: 1000 });
      stage.runUntil(5000);
      expect(waiting.last).toMatchObject({ type: 'granted', bounds: [{ sentAt: 700, ttl: 1000 }] });
    });

    it('serves 20,000 waiters that release at once', () => {
      const stage = new Stage();
      const first = stage.grab('x');
      let granted = 0;
      for (let i = 0; i < 20_000; i++) {
        stage.backend
          .acquire({ name: 'x', ttl: 1000, wait: true, holder: 'me', stray: () => {} })
          .subscribe((signal) => {
            if (signal.type !== 'granted') return;
            granted++;
            stage.release(signal.grant);
          });
      }
      stage.release(first);
      expect(granted).toBe(20_000);
      expect(stage.status('x')).toBe('free - 0');
      expect(stage.timers).toBe(0);
    });
  });

  describe('expiry', () => {
    it('hands over at its time, and tells the holder first', () => {
      const stage = new Stage();
      const log: string[] = [];
      const grant = stage.grab('x', { ttl: 1000 });
      stage.backend.revoked$.subscribe(({ grants, reason }) => {
        expect(grants).toEqual([grant]);
        log.push(reason);
      });
      stage.backend
        .acquire({ name: 'x', ttl: 1000, wait: true, holder: 'b', stray: () => {} })
        .subscribe(({ type }) => log.push(type));
      stage.runUntil(999);
      expect(log).toEqual(['queued']);
      stage.runUntil(1000);
      expect(log).toEqual(['queued', 'expired', 'granted']);
      expect([stage.renew(grant), stage.release(grant)]).toEqual(['refused', 'gone']);
    });

    it('tells of all that ended at once in one go', () => {
      const stage = new Stage();
      const revocations: Revocation[] = [];
      stage.backend.revoked$.subscribe((revocation) => revocations.push(revocation));
      for (let i = 0; i < 10; i++) stage.grab(`x${i}`);
      stage.runUntil(1000);
      expect(stage.status('x0')).toBe('free - 0');
      expect(revocations.map(({ grants }) => grants.length)).toEqual([10]);
    });

    it('is put off by a renewal, which is bound to its own time', () => {
      const stage = new Stage();
      const [x, y] = [stage.grab('x'), stage.grab('y')];
      stage.runUntil(600);
      const answers: unknown[] = [];
      stage.backend.renew([x, y], [1000, 3000]).subscribe((answer) => answers.push(answer));
      expect(answers).toEqual([
        { index: 0, outcome: 'renewed', bounds: [{ sentAt: 600, ttl: 1000 }] },
        { index: 1, outcome: 'renewed', bounds: [{ sentAt: 600, ttl: 3000 }] },
      ]);
      stage.runUntil(1600);
      expect([stage.renew(x), stage.renew(y)]).toEqual(['refused', 'renewed']);
    });

    it('frees nothing early when the clock of its holders is ahead', () => {
      const scheduler = new VirtualTimeScheduler();
      const { clock } = runtimeOn(scheduler);
      let ahead = 0;
      const backend = memory() as Memory;
      backend.open({ clock: { ...clock, elapsed: () => clock.elapsed() + ahead }, scheduler, random: Math.random });
      const ask = (): Attempt => new Attempt(backend, { name: 'x', ttl: 1000, wait: false, holder: 'me' });
      expect(ask().types).toEqual(['granted']);
      // As after a step of the wall clock.
      ahead = 3_600_000;
      scheduler.frame = 999;
      expect(ask().types).toEqual(['held']);
      scheduler.frame = 1000;
      expect(ask().types).toEqual(['granted']);
    });

    it('takes real time on a real clock', async () => {
      const backend = memory() as Memory;
      backend.open({ clock: systemClock(), scheduler: asyncScheduler, random: Math.random });
      const ask = (ttl: number): Attempt => new Attempt(backend, { name: 'x', ttl, wait: true, holder: 'me' });
      const first = ask(30);
      const start = performance.now();
      const second = ask(1000);
      while (!second.completed) await new Promise((resolve) => setTimeout(resolve, 1));
      expect(performance.now() - start).toBeGreaterThanOrEqual(29);
      expect(second.grant.fencingToken).toBeGreaterThan(first.grant.fencingToken!);
      await backend.close();
    });
  });

  describe('release', () => {
    it('is by owner: a foreign or forged grant is gone, and its renewal refused', () => {
      const [stage, other] = [new Stage(), new Stage()];
      const grant = stage.grab('x');
      other.grab('x');
      const forged: Grant = { name: 'x', fencingToken: grant.fencingToken, holder: 'me' };
      expect([other.release(grant), stage.release(forged)]).toEqual(['gone', 'gone']);
      expect([other.renew(grant), stage.renew(forged)]).toEqual(['refused', 'refused']);
      expect([stage.status('x'), other.status('x')]).toEqual(['held me 0', 'held me 0']);
    });

    it('answers for each of a batch', () => {
      const stage = new Stage();
      const [x, y] = [stage.grab('x'), stage.grab('y')];
      stage.release(x);
      const answers: unknown[] = [];
      stage.backend.release([x, y], [0, 0]).subscribe((answer) => answers.push(answer));
      expect(answers).toEqual([
        { index: 0, outcome: 'gone' },
        { index: 1, outcome: 'released' },
      ]);
    });

    it('keeps the name taken for keepFor', () => {
      const stage = new Stage();
      const grant = stage.grab('x', { ttl: 10_000 });
      const waiting = stage.ask('x');
      expect(stage.release(grant, 400)).toBe('released');
      expect(stage.renew(grant)).toBe('refused');
      stage.runUntil(399);
      expect(waiting.types).toEqual(['queued']);
      stage.runUntil(400);
      expect(waiting.types).toEqual(['queued', 'granted']);
    });
  });

  it('has fencing tokens that grow, also after the name was free', () => {
    const stage = new Stage();
    const tokens = [1, 2, 3].map(() => {
      const grant = stage.grab('x');
      stage.release(grant);
      return grant.fencingToken;
    });
    expect(tokens).toEqual([1n, 2n, 3n]);
  });

  describe('semaphores', () => {
    it('grant up to their limit, apart from the lock of the same name', () => {
      const stage = new Stage();
      const limit = 2;
      const [a, b, c] = [stage.ask('x', { limit }), stage.ask('x', { limit }), stage.ask('x', { limit })];
      expect(stage.ask('x').types).toEqual(['granted']);
      expect([a.types, b.types, c.types]).toEqual([['granted'], ['granted'], ['queued']]);
      stage.release(b.grant);
      expect(c.types).toEqual(['queued', 'granted']);
    });

    it('refuse another limit than that of the others', () => {
      const stage = new Stage();
      stage.ask('x', { limit: 2 });
      const { error, signals } = stage.ask('x', { limit: 3 });
      expect(signals).toEqual([]);
      expect(error).toBeInstanceOf(LockValidationError);
      expect(error).toMatchObject({ option: 'limit', lockName: 'x', message: expect.stringContaining('limit 3') });
    });
  });

  describe('watch', () => {
    it('tells the status now and at each change', () => {
      const stage = new Stage();
      const seen: unknown[] = [];
      const subscription = stage.backend
        .watch('x')
        .subscribe((status) => seen.push(JSON.parse(JSON.stringify(status))));
      const grant = stage.grab('x', { holder: 'a', metadata: 'm' });
      const waiting = stage.ask('x', { holder: 'b' });
      stage.runUntil(0);
      stage.release(grant);
      stage.release(waiting.grant);
      subscription.unsubscribe();
      stage.grab('x');
      const expiresAt = new Date(1000).toISOString();
      const free = { name: 'x', status: 'free', holders: 0, waiters: 0 };
      const held = { name: 'x', status: 'held', mode: 'exclusive', holders: 1, expiresAt };
      expect(seen).toEqual([
        free,
        { ...held, holder: 'a', fencingToken: '1', waiters: 0, metadata: 'm' },
        { ...held, holder: 'a', fencingToken: '1', waiters: 1, metadata: 'm' },
        { ...held, holder: 'b', fencingToken: '2', waiters: 0 },
        free,
      ]);
    });

    it('tells of an expiry when it happens', () => {
      const stage = new Stage();
      const seen: string[] = [];
      stage.grab('x');
      stage.backend.watch('x').subscribe(({ status }) => seen.push(`${stage.scheduler.frame} ${status}`));
      stage.runUntil(5000);
      expect(seen).toEqual(['0 held', '1000 free']);
    });

    it('ends with its first value if that is enough', async () => {
      const stage = new Stage();
      expect((await firstValueFrom(stage.backend.watch('x'))).status).toBe('free');
      expect(stage.timers).toBe(0);
    });
  });

  it.each([
    ['join and leave', (_: Stage, crowd: Crowd) => crowd.leave()],
    ['are all revoked', (stage: Stage) => void stage.backend.revoke('x').subscribe()],
    ['are all closed', (stage: Stage) => void stage.backend.close()],
  ])('costs no more for each, however many wait and watch and %s', (_, end) => {
    const told = (n: number): number => {
      const stage = new Stage();
      stage.grab('x', { ttl: 60_000 });
      const crowd = new Crowd(stage, n);
      stage.runUntil(100);
      end(stage, crowd);
      stage.runUntil(200);
      return crowd.told;
    };
    expect(told(400) / told(100)).toBeLessThan(4.1);
  });

  it('lists by prefix what is held, in order', () => {
    const stage = new Stage();
    for (const name of ['b/1', 'a/2', 'a/1', 'a/3']) stage.grab(name);
    stage.release(stage.grab('a/4'));
    stage.ask('a/5', { limit: 3 });
    expect(valueOf(stage.backend.list('a/')).map(({ name }) => name)).toEqual(['a/1', 'a/2', 'a/3']);
    expect(valueOf(stage.backend.list())).toHaveLength(4);
  });

  it('revokes: the holder is told, then the next is granted', () => {
    const stage = new Stage();
    const log: unknown[] = [];
    const grant = stage.grab('x');
    stage.backend.revoked$.subscribe((revocation) => log.push(revocation));
    const waiting = stage.ask('x');
    stage.backend.revoke('x').subscribe({ complete: () => log.push('done') });
    expect(log).toEqual([{ grants: [grant], reason: 'revoked' }, 'done']);
    expect(waiting.types).toEqual(['queued', 'granted']);
    expect(stage.renew(grant)).toBe('refused');
  });

  it('does nothing before it is subscribed to', () => {
    const stage = new Stage();
    const grant = stage.grab('x');
    const { backend } = stage;
    backend.acquire({ name: 'y', ttl: 1000, wait: true, holder: 'me', stray: () => {} });
    backend.release([grant], [0]);
    backend.revoke('x');
    expect(valueOf(backend.list()).map(({ name }) => name)).toEqual(['x']);
  });

  it('answers ping', () => {
    expect(valueOf(new Stage().backend.ping())).toBeUndefined();
  });

  it('enforces the portable grammar of names', () => {
    const { backend } = new Stage();
    expect(() => backend.validateName('a b')).toThrow(LockValidationError);
    expect(() => backend.validateName('orders/42')).not.toThrow();
  });

  describe('open', () => {
    it('takes the same clock again, and refuses another', () => {
      const stage = new Stage();
      expect(() => stage.backend.open({ ...stage.runtime, random: () => 0 })).not.toThrow();
      expect(() => stage.backend.open(runtimeOn(new VirtualTimeScheduler()))).toThrow(LockConfigError);
    });

    it('must come before everything else', () => {
      const backend = memory() as Memory;
      expect(new Attempt(backend, { name: 'x', ttl: 1000, wait: true, holder: 'me' }).error).toBeInstanceOf(
        LockConfigError,
      );
      expect(() => valueOf(backend.ping())).toThrow(LockConfigError);
    });
  });

  describe('close', () => {
    it('turns the waiters away, gives back what is held, and ends the watches', async () => {
      const stage = new Stage();
      const held = stage.ask('x');
      const waiting = stage.ask('x');
      const semaphore = stage.ask('x', { limit: 1 });
      let ended: unknown;
      stage.backend.watch('x').subscribe({ error: (error: unknown) => (ended = error) });
      await stage.backend.close();
      await stage.backend.close();
      expect(waiting.types).toEqual(['queued']);
      expect(waiting.error).toBeInstanceOf(LockClosedError);
      expect(waiting.error).toMatchObject({ lockName: 'x' });
      expect(ended).toBeInstanceOf(LockClosedError);
      expect(stage.timers).toBe(0);
      expect(stage.renew(held.grant)).toBe('refused');
      expect(stage.release(semaphore.grant)).toBe('gone');
      expect(stage.ask('x').error).toBeInstanceOf(LockClosedError);
    });

    it('is for good: it cannot be opened again', async () => {
      const stage = new Stage();
      stage.grab('x');
      await stage.backend.close();
      expect(() => stage.backend.open(stage.runtime)).toThrow(LockClosedError);
      const backend = memory();
      const [one, two] = [createLocks(backend), createLocks(backend)];
      await one.close();
      expect((await two.acquire('x', '30s')).isHeld).toBe(true);
      await two.close();
      expect(() => createLocks(backend)).toThrow(LockClosedError);
    });

    it('leaves alone what others have in a shared table', async () => {
      const scheduler = new VirtualTimeScheduler();
      const table = new LockTable(() => scheduler.now(), {
        schedule: (delay, run) => {
          const action = scheduler.schedule(run, delay);
          return () => action.unsubscribe();
        },
      });
      const [mine, yours] = [memory({ table }) as Memory, memory({ table }) as Memory];
      for (const backend of [mine, yours]) backend.open(runtimeOn(scheduler));
      const ask = (backend: Memory, name: string): Attempt =>
        new Attempt(backend, { name, ttl: 1000, wait: true, holder: 'h' });
      const [x, y] = [ask(mine, 'x'), ask(yours, 'y')];
      const [next, last] = [ask(yours, 'x'), ask(mine, 'y')];
      expect([x.types, next.types]).toEqual([['granted'], ['queued']]);
      await mine.close();
      expect([next.types, last.types]).toEqual([['queued', 'granted'], ['queued']]);
      expect(last.error).toBeInstanceOf(LockClosedError);
      const answers: string[] = [];
      yours.renew([y.grant, next.grant], [1000, 1000]).subscribe(({ outcome }) => answers.push(outcome));
      expect(answers).toEqual(['renewed', 'renewed']);
    });
  });

  it('leaves nothing behind', () => {
    const scheduler = new VirtualTimeScheduler();
    let armed = 0;
    const table = new LockTable(() => scheduler.now(), {
      schedule: () => {
        armed++;
        return () => {
          armed--;
        };
      },
    });
    const stage = new Stage({ table });
    const attempts = Array.from({ length: 200 }, (_, i) => stage.ask(`x${i % 20}`, i % 3 === 0 ? { limit: 2 } : {}));
    const watches = Array.from({ length: 20 }, (_, i) => stage.backend.watch(`x${i}`).subscribe());
    expect([table.size, armed]).toEqual([40, 1]);
    for (const watch of watches) watch.unsubscribe();
    for (const attempt of attempts) if (attempt.last.type === 'queued') attempt.subscription.unsubscribe();
    for (const attempt of attempts) if (attempt.last.type === 'granted') stage.release(attempt.grant);
    expect([table.size, armed]).toEqual([0, 0]);
  });

  it('excludes across two Locks that share it', async () => {
    const backend = memory();
    const [one, two] = [createLocks(backend, { holder: 'one' }), createLocks(backend, { holder: 'two' })];
    const lease = await one.acquire('x', '30s');
    expect(await two.tryAcquire('x', '30s')).toBeNull();
    expect(await two.status('x')).toMatchObject({ status: 'held', holder: 'one', fencingToken: lease.fencingToken });
    const waiting = two.acquire('x', '30s');
    await one.close();
    expect((await waiting).fencingToken).toBeGreaterThan(lease.fencingToken);
    await two.close();
  });
});
