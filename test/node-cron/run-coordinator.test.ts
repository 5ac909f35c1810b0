import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import cron, { type RunCoordinator, type TaskContext } from 'node-cron';
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import { dflockd } from '../../src/backends/dflockd/dflockd.js';
import { memory } from '../../src/backends/memory/memory.js';
import { LockConfigError, LockLostError } from '../../src/contract/errors.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { runCoordinator, type LocksCoordinator, type TaskRun } from '../../src/node-cron/run-coordinator.js';
import { startDflockd } from '../support/dflockd-server.js';

/** How long what must come may take; it decides nothing. */
const PATIENCE = { timeout: 50_000 };
const PROGRAM = fileURLToPath(new URL('support/scheduled.ts', import.meta.url));
const AT = new Date('2026-11-29T03:00:00.000Z');
const LATER = new Date('2026-11-29T03:01:00.000Z');
const keyOf = (date: Date, task = 'job'): string => `${task}:${date.toISOString()}`;
const runOf = (date: Date, name = 'job'): TaskRun => ({ date, task: { name } });

it('is what node-cron takes', () => {
  expectTypeOf<LocksCoordinator>().toExtend<RunCoordinator>();
  expectTypeOf<TaskContext>().toExtend<TaskRun>();
});

describe('runCoordinator', () => {
  const service = memory();
  const [here, there] = [createLocks(service), createLocks(service)];

  it('lets one process run a tick, and no other that is late', async () => {
    const [a, b] = [runCoordinator(here), runCoordinator(there)];
    expect(await a.shouldRun(keyOf(AT), 30_000)).toBe(true);
    expect(await b.shouldRun(keyOf(AT), 30_000)).toBe(false);
    await a.onComplete(keyOf(AT));
    expect(await b.shouldRun(keyOf(AT), 30_000)).toBe(false);
    expect(await b.shouldRun(keyOf(LATER), 30_000)).toBe(true);
    await b.onComplete(keyOf(LATER));
  });

  it('keeps the tick as long as node-cron says, or `minHold`', async () => {
    const [a, b] = [runCoordinator(here), runCoordinator(there)];
    await a.shouldRun(keyOf(AT, 'brief'), 0);
    await a.onComplete(keyOf(AT, 'brief'));
    expect(await b.shouldRun(keyOf(AT, 'brief'), 0)).toBe(true);
    await b.onComplete(keyOf(AT, 'brief'));
    const c = runCoordinator(here, { minHold: '1m' });
    await c.shouldRun(keyOf(AT, 'long'), 0);
    await c.onComplete(keyOf(AT, 'long'));
    expect(await b.shouldRun(keyOf(AT, 'long'), 0)).toBe(false);
  });

  it("with `per: 'task'`, lets no two runs of a task overlap", async () => {
    const [a, b] = [here, there].map((locks) => runCoordinator(locks, { per: 'task', minHold: 0 }));
    expect(await a!.shouldRun(keyOf(AT, 'whole'), 30_000)).toBe(true);
    expect(await b!.shouldRun(keyOf(LATER, 'whole'), 30_000)).toBe(false);
    await a!.onComplete(keyOf(AT, 'whole'));
    expect(await b!.shouldRun(keyOf(LATER, 'whole'), 30_000)).toBe(true);
    await b!.onComplete(keyOf(LATER, 'whole'));
  });

  it('knows the lease of a run while it runs', async () => {
    const coordinator = runCoordinator(here, { prefix: 'jobs/', metadata: 'v1' });
    await coordinator.shouldRun(keyOf(AT), 0);
    const lease = coordinator.leaseOf(runOf(AT));
    expect(lease).toMatchObject({ name: 'jobs/job/2026-11-29T03-00-00.000Z', isHeld: true, metadata: 'v1' });
    expect(() => coordinator.leaseOf(runOf(LATER))).toThrow(LockConfigError);
    expect(() => coordinator.leaseOf({ date: AT })).toThrow(LockConfigError);
    await coordinator.onComplete(keyOf(AT));
    expect(() => coordinator.leaseOf(runOf(AT))).toThrow(LockConfigError);
    expect(lease.isHeld).toBe(false);
  });

  it('tells a run that its lock is lost, and node-cron at its end', async () => {
    const coordinator = runCoordinator(here);
    await coordinator.shouldRun(keyOf(AT, 'revoked'), 0);
    const { signal, name } = coordinator.leaseOf(runOf(AT, 'revoked'));
    await there.revoke(name);
    await expect.poll(() => signal.aborted).toBe(true);
    expect(coordinator.leaseOf(runOf(AT, 'revoked')).isHeld).toBe(false);
    await expect(coordinator.onComplete(keyOf(AT, 'revoked'))).rejects.toBeInstanceOf(LockLostError);
    await coordinator.onComplete(keyOf(AT, 'revoked'));
  });

  it('says nothing of a lock that the task itself gave back', async () => {
    const coordinator = runCoordinator(here);
    await coordinator.shouldRun(keyOf(AT, 'own'), 0);
    await coordinator.leaseOf(runOf(AT, 'own')).release();
    await coordinator.onComplete(keyOf(AT, 'own'));
  });

  it('rejects if the service cannot be reached, so that nothing is run', async () => {
    const locks = createLocks(dflockd({ port: 1 }));
    await expect(runCoordinator(locks).shouldRun(keyOf(AT), 0)).rejects.toMatchObject({ code: 'ERR_LOCK_NETWORK' });
    await locks.close();
  });

  it.each([
    [undefined, {}, 'locks'],
    [memory(), {}, 'locks'],
    [here, null, 'options'],
    [here, { ttl: 30 }, 'ttl'],
    [here, { minhold: '1s' }, 'minhold'],
    [here, { minHold: 'long' }, 'minHold'],
    [here, { minHold: '2s', maxHold: '1s' }, 'minHold'],
    [here, { per: 'day' }, 'per'],
    [here, { per: 'task' }, 'minHold'],
    [here, { prefix: 7 }, 'prefix'],
  ])('refuses bad arguments: %#', (locks, options, option) => {
    expect(() => runCoordinator(locks as never, options as never)).toThrow(expect.objectContaining({ option }));
  });
});

describe('with node-cron', () => {
  const stops: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const task of cron.getTasks().values()) await task.destroy();
    for (const stop of stops.splice(0)) await stop();
  });

  it('two programs run each tick once, with the lease at hand', async () => {
    const service = memory();
    const runs: string[] = [];
    const skipped: Date[] = [];
    for (const holder of ['a', 'b']) {
      const coordinator = runCoordinator(createLocks(service, { holder }));
      const options = { name: 'job', distributed: true, runCoordinator: coordinator };
      const task = cron.schedule(
        '* * * * * *',
        (context) => void runs.push(`${context.date.toISOString()} ${String(coordinator.leaseOf(context).isHeld)}`),
        options,
      );
      task.on('execution:skipped', ({ date }) => void skipped.push(date));
    }
    await expect.poll(() => [runs.length >= 2, skipped.length >= 2], PATIENCE).toEqual([true, true]);
    expect(new Set(runs).size).toBe(runs.length);
    expect(runs.every((run) => run.endsWith(' true'))).toBe(true);
  });

  it('two processes run each tick once', async () => {
    const server = await startDflockd();
    stops.push(() => server.stop());
    const lines: string[] = [];
    for (const name of ['a', 'b']) {
      const child = spawn(execPath, ['--import', 'tsx', PROGRAM, String(server.port), name], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
      stops.unshift(async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      });
    }
    const ticks = (word: string, name: string): string[] =>
      lines.filter((line) => line.startsWith(word) && line.endsWith(name)).map((line) => line.split(' ')[1]!);
    // Ticks that both have seen, whoever ran them.
    const seen = (name: string): string[] => [...ticks('ran', name), ...ticks('skipped', name)];
    const both = (): string[] => seen('a').filter((tick) => seen('b').includes(tick));
    await expect.poll(() => both().length >= 3, PATIENCE).toBe(true);
    const run = [...ticks('ran', 'a'), ...ticks('ran', 'b')];
    for (const tick of both()) expect(run.filter((one) => one === tick)).toEqual([tick]);
  });
});
