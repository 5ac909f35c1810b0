import 'reflect-metadata';
import { Inject, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { LockClosedError, LockConfigError } from '../../src/contract/errors.js';
import { Locks } from '../../src/contract/locks.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { currentLease } from '../../src/nestjs/current-lease.js';
import { InjectLocks } from '../../src/nestjs/inject-locks.js';
import { Locked } from '../../src/nestjs/locked.js';
import { LocksModule } from '../../src/nestjs/locks-module.js';
import { getLocksToken } from '../../src/nestjs/get-locks-token.js';
import { startApp } from './support/start-app.js';

const SETTINGS = Symbol('settings');

@Module({ providers: [{ provide: SETTINGS, useValue: { prefix: 'billing/' } }], exports: [SETTINGS] })
class SettingsModule {}

@Injectable()
class Reports {
  constructor(@Inject(Locks) readonly locks: Locks) {}

  @Locked('report', '30s')
  async run(until: Promise<unknown>): Promise<boolean> {
    await until;
    return currentLease().isHeld;
  }

  @Locked('report', '30s')
  async brief(): Promise<string> {
    return currentLease().holder ?? '';
  }
}

@Module({ providers: [Reports], exports: [Reports] })
class ReportsModule {}

const startWith = (locksModule: DynamicModule) => startApp({ imports: [locksModule, ReportsModule] });

describe('LocksModule.forRoot', () => {
  it('gives its Locks to every module', async () => {
    const app = await startWith(LocksModule.forRoot({ backend: memory(), holder: 'worker-7' }));
    const { locks } = app.get(Reports);
    expect(locks).toBeInstanceOf(Locks);
    expect(app.get(Locks)).toBe(locks);
    expect(await app.get(Reports).brief()).toBe('worker-7');
  });

  it('takes Locks that are there already', async () => {
    const locks = createLocks(memory());
    const app = await startWith(LocksModule.forRoot({ locks }));
    expect(app.get(Reports).locks).toBe(locks);
    await app.close();
    await expect(locks.acquire('report', '30s')).rejects.toBeInstanceOf(LockClosedError);
  });

  it('makes a backend for each application, if it has a function for it', async () => {
    const module = LocksModule.forRoot({ backend: () => memory() });
    for (let round = 0; round < 2; round++) {
      const app = await startWith(module);
      expect(await app.get(Reports).brief()).not.toBe('');
      await app.close();
    }
  });

  it('keeps two applications in one process apart', async () => {
    const module = (holder: string) => LocksModule.forRoot({ backend: () => memory(), holder });
    const [a, b] = [await startWith(module('a')), await startWith(module('b'))];
    expect([await a.get(Reports).brief(), await b.get(Reports).brief()]).toEqual(['a', 'b']);
  });

  it.each([
    [undefined, 'backend'],
    [{}, 'backend'],
    [{ backend: memory(), locks: createLocks(memory()) }, 'backend'],
    [{ backend: memory(), drain: 'long' }, 'drain'],
    [{ backend: memory(), closeIn: 'onModuleInit' }, 'closeIn'],
    [{ backend: memory(), prefix: 7 }, 'prefix'],
    [{ backend: memory(), ttl: '30s' }, 'ttl'],
    [{ backend: memory(), name: '' }, 'name'],
    [{ locks: memory() }, 'locks'],
    [{ locks: createLocks(memory()), prefix: 'a/' }, 'prefix'],
  ])('refuses bad options when the application is declared: %#, %s', (options, option) => {
    expect(() => LocksModule.forRoot(options as never)).toThrow(expect.objectContaining({ option }));
  });

  it('refuses what is no backend when the application starts', async () => {
    const module = LocksModule.forRoot({ backend: () => ({}) as never });
    await expect(startWith(module)).rejects.toBeInstanceOf(LockConfigError);
  });
});

describe('LocksModule.forRootAsync', () => {
  it('calls its factory with what it injects, from the modules that it imports', async () => {
    const app = await startWith(
      LocksModule.forRootAsync({
        imports: [SettingsModule],
        inject: [SETTINGS],
        useFactory: async ({ prefix }: { prefix: string }) => Promise.resolve({ backend: memory(), prefix }),
      }),
    );
    const lease = await app.get(Locks).acquire('report', '30s');
    expect((await app.get(Locks).list()).map(({ name }) => name)).toEqual(['report']);
    await lease.release();
  });

  it('keeps the application from starting if the options are bad, or there are none', async () => {
    const start = (useFactory: () => never) => startWith(LocksModule.forRootAsync({ useFactory }));
    await expect(start(() => ({ backend: memory(), ttl: '1s' }) as never)).rejects.toMatchObject({ option: 'ttl' });
    await expect(start(() => undefined as never)).rejects.toMatchObject({ option: 'options' });
    expect(() => LocksModule.forRootAsync({} as never)).toThrow('useFactory is not a function');
    expect(() => LocksModule.forRootAsync(undefined as never)).toThrow('useFactory is not a function');
  });
});

describe('several Locks in one application', () => {
  @Injectable()
  class Audit {
    constructor(
      @Inject(Locks) readonly main: Locks,
      @InjectLocks('audit') readonly audit: Locks,
      @InjectLocks() readonly same: Locks,
    ) {}

    @Locked('job', '30s', { locks: 'audit' })
    async audited(): Promise<string | undefined> {
      return currentLease().holder;
    }

    @Locked('job', '30s')
    async usual(): Promise<string | undefined> {
      return currentLease().holder;
    }
  }

  const both = [
    LocksModule.forRoot({ backend: () => memory(), holder: 'main' }),
    LocksModule.forRoot({ name: 'audit', backend: () => memory(), holder: 'audit' }),
  ];

  it('are told apart by name', async () => {
    const app = await startApp({ imports: both, providers: [Audit] });
    const { main, audit, same, ...methods } = app.get(Audit);
    expect(main).toBe(same);
    expect(audit).not.toBe(main);
    expect(app.get(getLocksToken('audit'))).toBe(audit);
    expect(methods).toEqual({});
    expect([await app.get(Audit).usual(), await app.get(Audit).audited()]).toEqual(['main', 'audit']);
    await app.close();
    for (const locks of [main, audit]) {
      await expect(locks.acquire('job', '30s')).rejects.toBeInstanceOf(LockClosedError);
    }
  });

  it('are missed by name', async () => {
    class Missing {
      @Locked('job', '30s', { locks: 'other' })
      async run(): Promise<void> {}
    }
    const start = startApp({ imports: both, providers: [Missing] });
    await expect(start).rejects.toThrow("import LocksModule.forRoot({ name: 'other' }) of rxlock/nestjs");
  });
});

describe('when the application closes', () => {
  it('work goes on under its lock, and nobody else gets one', async () => {
    const service = memory();
    const others = createLocks(service);
    const app = await startWith(LocksModule.forRoot({ backend: service }));
    const end$ = new Subject<void>();
    const work = app.get(Reports).run(new Promise<void>((resolve) => void end$.subscribe({ complete: resolve })));
    await expect.poll(async () => (await others.status('report')).status).toBe('held');
    const waiting = app.get(Reports).brief();
    const closing = app.close();
    await expect(waiting).rejects.toBeInstanceOf(LockClosedError);
    expect((await others.status('report')).status).toBe('held');
    end$.complete();
    expect(await work).toBe(true);
    await closing;
    expect((await others.status('report')).status).toBe('free');
    await others.close();
  });

  it('work that goes on for longer than `drain` is stopped', async () => {
    const app = await startWith(LocksModule.forRoot({ backend: () => memory(), drain: '20ms' }));
    const { locks } = app.get(Reports);
    const work = locks.using(
      'report',
      '30s',
      ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped'))),
    );
    const settled = work.catch((error: unknown) => error);
    await expect.poll(async () => (await locks.status('report')).status).toBe('held');
    await app.close();
    expect(await settled).toBe('stopped');
  });

  it.each([
    ['beforeApplicationShutdown', true],
    ['onApplicationShutdown', false],
  ] as const)('it is closed in %s', async (closeIn, isClosedBefore) => {
    let closedBefore: boolean | null | undefined;
    @Injectable()
    class Hooks {
      constructor(@Inject(Locks) readonly locks: Locks) {}

      /** What Nest calls between the two hooks. */
      async ask(): Promise<void> {
        closedBefore = await this.locks
          .tryUsing('job', '30s', () => false)
          .catch((e: unknown) => e instanceof LockClosedError);
      }
    }
    const app = await startApp({
      imports: [LocksModule.forRoot({ backend: () => memory(), closeIn })],
      providers: [Hooks],
    });
    const inside = app as unknown as { dispose(): Promise<void> };
    const dispose = inside.dispose.bind(app);
    inside.dispose = async () => {
      await app.get(Hooks).ask();
      await dispose();
    };
    await app.close();
    expect(closedBefore).toBe(isClosedBefore);
    await expect(app.get(Hooks).locks.acquire('job', '30s')).rejects.toBeInstanceOf(LockClosedError);
  });
});
