import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dflockd } from '../../src/backends/dflockd/dflockd.js';
import { memory } from '../../src/backends/memory/memory.js';
import type { Locks } from '../../src/contract/locks.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { currentLease } from '../../src/nestjs/current-lease.js';
import { Locked } from '../../src/nestjs/locked.js';
import { LocksModule } from '../../src/nestjs/locks-module.js';
import { startDflockd, type TestDflockd } from '../support/dflockd-server.js';
import { startApp } from './support/start-app.js';

/** How long what must come may take; it decides nothing. */
const PATIENCE = { timeout: 50_000 };
const PROGRAM = fileURLToPath(new URL('support/scheduled-app.ts', import.meta.url));

describe('@Locked with @nestjs/schedule', () => {
  const ran = new Set<string>();
  const note = (method: string): void => void ran.add(`${method} under ${currentLease().name}`);

  abstract class Inherited {
    @Interval('inherited', 10)
    @Locked('inherited', '30s', { skipIfHeld: true })
    inherited(): void {
      note('inherited');
    }
  }

  @Injectable()
  class Jobs extends Inherited {
    @Locked('cron', '30s', { skipIfHeld: true })
    @Cron('* * * * * *', { name: 'cron-below' })
    cronBelow(): void {
      note('cronBelow');
    }

    @Cron('* * * * * *', { name: 'cron-above' })
    @Locked('cron', '30s')
    async cronAbove(): Promise<void> {
      await Promise.resolve();
      note('cronAbove');
    }

    @Locked('interval', '30s', { skipIfHeld: true })
    @Interval('interval-below', 10)
    intervalBelow(): void {
      note('intervalBelow');
    }

    @Timeout('timeout-above', 10)
    @Locked('timeout', '30s')
    timeoutAbove(): void {
      note('timeoutAbove');
    }
  }

  it('works above and below its decorators, and inherited', async () => {
    const app = await startApp({
      imports: [ScheduleModule.forRoot(), LocksModule.forRoot({ backend: () => memory() })],
      providers: [Jobs],
    });
    const registry = app.get(SchedulerRegistry);
    expect([...registry.getCronJobs().keys()].sort()).toEqual(['cron-above', 'cron-below']);
    expect(registry.getIntervals().sort()).toEqual(['inherited', 'interval-below']);
    await expect
      .poll(() => [...ran].sort(), PATIENCE)
      .toEqual([
        'cronAbove under cron',
        'cronBelow under cron',
        'inherited under inherited',
        'intervalBelow under interval',
        'timeoutAbove under timeout',
      ]);
  });
});

describe('two applications in processes of their own', () => {
  let server: TestDflockd;
  let others: Locks;
  const apps: ReturnType<typeof start>[] = [];

  function start() {
    const child = spawn(execPath, ['--import', 'tsx', PROGRAM, String(server.port)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    const count = (line: string): number => lines.filter((one) => one === line).length;
    return { child, count, exit: once(child, 'exit') };
  }

  const total = (line: string): number => apps.reduce((sum, { count }) => sum + count(line), 0);

  beforeEach(async () => {
    server = await startDflockd();
    others = createLocks(dflockd({ port: server.port }));
  });

  afterEach(async () => {
    for (const { child } of apps) child.kill('SIGKILL');
    await Promise.all(apps.splice(0).map(({ exit }) => exit));
    await others.close();
    await server.stop();
  });

  it('run a job once, though it starts in both at each second', async () => {
    apps.push(start(), start());
    await expect.poll(() => apps.map(({ count }) => count('tick') >= 3), PATIENCE).toEqual([true, true]);
    await expect.poll(() => [total('ran above'), total('ran below')], PATIENCE).toEqual([1, 1]);
    // Those of one process as well: it is skipped while it runs.
    expect(total('working')).toBe(1);
  });

  it('keep the lock at SIGTERM until the work has ended', async () => {
    const app = start();
    apps.push(app);
    await expect.poll(() => app.count('working'), PATIENCE).toBe(1);
    app.child.kill('SIGTERM');
    const waiting = others.acquire('long', '5s');
    expect(app.child.exitCode).toBeNull();
    expect(await others.tryAcquire('long', '5s')).toBeNull();
    app.child.stdin.write('finish\n');
    await expect.poll(() => app.count('finished under its lock'), PATIENCE).toBe(1);
    await (await waiting).release();
  });
});
