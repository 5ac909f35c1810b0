import 'reflect-metadata';
import { Injectable, type INestApplicationContext } from '@nestjs/common';
import { concat, firstValueFrom, lastValueFrom, NEVER, Observable, of, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import {
  LockClosedError,
  LockConfigError,
  LockHeldError,
  LockLostError,
  LockTimeoutError,
} from '../../src/contract/errors.js';
import { Locks } from '../../src/contract/locks.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { currentLease } from '../../src/nestjs/current-lease.js';
import { Locked } from '../../src/nestjs/locked.js';
import { LocksModule } from '../../src/nestjs/locks-module.js';
import { startApp } from './support/start-app.js';

@Injectable()
class Orders {
  readonly shop = 'shop';
  readonly stop$ = new Subject<void>();
  subscriptions = 0;

  @Locked('report', '30s')
  async report(title: string, pages = 1): Promise<string> {
    await Promise.resolve();
    return `${this.shop}: ${title}, ${String(pages)}, ${currentLease().name}`;
  }

  @Locked('report', '30s')
  plain(): number {
    return 7;
  }

  @Locked('report', '30s')
  async fails(): Promise<never> {
    await Promise.reject(new Error('no paper'));
    throw new Error('never');
  }

  @Locked((id: number) => `orders/${String(id)}`, '30s')
  async charge(_id: number, _amount: number): Promise<string> {
    return currentLease().name;
  }

  @Locked(function (this: Orders): string {
    return `${this.shop}/all`;
  }, '30s')
  async all(): Promise<string> {
    return currentLease().name;
  }

  @Locked('report', '30s', { skipIfHeld: true })
  async skipped(): Promise<string | null> {
    return 'ran';
  }

  @Locked('report', '30s', { wait: '20ms' })
  async impatient(): Promise<string> {
    return 'ran';
  }

  @Locked('report', '30s', { wait: false })
  async unwilling(): Promise<void> {}

  @Locked('settings', '30s', { mode: 'shared' })
  async read(other?: () => Promise<unknown>): Promise<string> {
    await other?.();
    return 'read';
  }

  @Locked('api', '30s', { limit: 2 })
  async call(other?: () => Promise<unknown>): Promise<string> {
    await other?.();
    return 'called';
  }

  @Locked('report', '30s', { minHold: '1m' })
  async brief(): Promise<void> {}

  @Locked('long', '30s')
  async long(until: Promise<unknown>): Promise<string> {
    await until;
    return 'done';
  }

  @Locked('stream', '30s', { returns: 'observable' })
  stream$(): Observable<string> {
    const { name } = currentLease();
    return new Observable((subscriber) => {
      this.subscriptions++;
      subscriber.next(`${name}: ${currentLease().name}`);
      return this.stop$.subscribe(subscriber as never);
    });
  }

  @Locked('stream', '30s', { returns: 'observable', skipIfHeld: true })
  skippedStream$(): Observable<number> {
    return of(1, 2);
  }

  @Locked('stream', '30s', { returns: 'observable', limit: 1 })
  limited$(): Observable<string> {
    return of(currentLease().name);
  }

  @Locked('stream', '30s')
  forgotten$(): Observable<number> {
    return of(1);
  }
}

/** The application, its `Locks`, and those of another program on the same service. */
async function start(): Promise<{ app: INestApplicationContext; orders: Orders; locks: Locks; others: Locks }> {
  const service = memory();
  const others = createLocks(service);
  const app = await startApp({ imports: [LocksModule.forRoot({ backend: service })], providers: [Orders] });
  return { app, orders: app.get(Orders), locks: app.get(Locks), others };
}

describe('@Locked, on a method that returns a promise', () => {
  it('runs it under the lock, with its own `this` and arguments', async () => {
    const { orders, others } = await start();
    expect(await orders.report('sales', 2)).toBe('shop: sales, 2, report');
    const lease = await others.acquire('report', '30s');
    const waiting = orders.report('sales');
    expect(await Promise.race([waiting, Promise.resolve('waits')])).toBe('waits');
    await lease.release();
    expect(await waiting).toBe('shop: sales, 1, report');
    expect((await others.status('report')).status).toBe('free');
  });

  it('gives a promise of a plain value', async () => {
    const { orders } = await start();
    expect(orders.plain()).toBeInstanceOf(Promise);
    await expect(orders.plain()).resolves.toBe(7);
  });

  it('passes its error on, and gives the lock back', async () => {
    const { orders, others } = await start();
    await expect(orders.fails()).rejects.toThrow('no paper');
    expect((await others.status('report')).status).toBe('free');
  });

  it('makes the name of its arguments, or of the object', async () => {
    const { orders } = await start();
    expect(await orders.charge(7, 100)).toBe('orders/7');
    expect(await orders.all()).toBe('shop/all');
  });

  it('with `skipIfHeld`, gives null if somebody else has the lock', async () => {
    const { orders, others } = await start();
    expect(await orders.skipped()).toBe('ran');
    const lease = await others.acquire('report', '30s');
    expect(await orders.skipped()).toBeNull();
    await lease.release();
  });

  it('with `skipIfHeld`, gives null while the application closes, and any other call is refused', async () => {
    const { orders, locks } = await start();
    await locks.close();
    expect(await orders.skipped()).toBeNull();
    await expect(orders.impatient()).rejects.toBeInstanceOf(LockClosedError);
  });

  it('has the options of a lock', async () => {
    const { orders, others } = await start();
    const lease = await others.acquire('report', '30s');
    await expect(orders.impatient()).rejects.toBeInstanceOf(LockTimeoutError);
    await expect(orders.unwilling()).rejects.toBeInstanceOf(LockHeldError);
    await lease.release();
    expect(await orders.read(() => orders.read())).toBe('read');
    expect(await orders.call(() => orders.call())).toBe('called');
    await orders.brief();
    expect((await others.status('report')).status).toBe('held');
  });

  it('rejects if the lock is lost', async () => {
    const { orders, others } = await start();
    const end$ = new Subject<void>();
    const work = orders.long(lastValueFrom(end$, { defaultValue: undefined }));
    await expect.poll(async () => (await others.status('long')).status).toBe('held');
    await others.revoke('long');
    end$.complete();
    await expect(work).rejects.toBeInstanceOf(LockLostError);
  });
});

describe('@Locked, on a method that returns an observable', () => {
  it('holds the lock while it is subscribed to', async () => {
    const { orders, others } = await start();
    const stream$ = orders.stream$();
    expect(orders.subscriptions).toBe(0);
    expect((await others.status('stream')).status).toBe('free');
    const values: string[] = [];
    const subscription = stream$.subscribe((value) => values.push(value));
    await expect.poll(() => values).toEqual(['stream: stream']);
    expect((await others.status('stream')).status).toBe('held');
    subscription.unsubscribe();
    await expect.poll(async () => (await others.status('stream')).status).toBe('free');
    expect(orders.stop$.observed).toBe(false);
  });

  it('calls the method once for each subscription', async () => {
    const { orders } = await start();
    const stream$ = orders.stream$();
    expect([await firstValueFrom(stream$), await firstValueFrom(stream$)]).toHaveLength(2);
    expect(orders.subscriptions).toBe(2);
  });

  it('unsubscribes it after a loss, and errors', async () => {
    const { orders, others } = await start();
    const end = lastValueFrom(orders.stream$());
    await expect.poll(() => orders.stop$.observed).toBe(true);
    await others.revoke('stream');
    await expect(end).rejects.toBeInstanceOf(LockLostError);
    expect(orders.stop$.observed).toBe(false);
  });

  it('with `skipIfHeld`, completes without a value if somebody else has the lock', async () => {
    const { orders, others } = await start();
    const all = (): Promise<number[]> => lastValueFrom(orders.skippedStream$().pipe(toArray()));
    expect(await all()).toEqual([1, 2]);
    const lease = await others.acquire('stream', '30s');
    expect(await all()).toEqual([]);
    await lease.release();
  });

  it('can be one of several, with a `limit`', async () => {
    const { orders } = await start();
    expect(await firstValueFrom(orders.limited$())).toBe('stream');
  });

  it('knows it by the type that the compiler wrote down', async () => {
    class Prices {
      all$(): Observable<number> {
        return concat(of(currentLease().fencingToken === undefined ? 0 : 1), NEVER);
      }
    }
    const method = Object.getOwnPropertyDescriptor(Prices.prototype, 'all$')!;
    Reflect.defineMetadata('design:returntype', Observable, Prices.prototype, 'all$');
    Locked('prices', '30s')(Prices.prototype, 'all$', method);
    Object.defineProperty(Prices.prototype, 'all$', method);
    const app = await startApp({ imports: [LocksModule.forRoot({ backend: memory() })], providers: [Prices] });
    expect(await firstValueFrom(app.get(Prices).all$())).toBe(1);
  });

  it('says what to write if it could not know', async () => {
    const { orders } = await start();
    const result = orders.forgotten$() as unknown as Promise<unknown>;
    await expect(result).rejects.toThrow(LockConfigError);
    await expect(result).rejects.toThrow(
      "Orders.forgotten$ returns an observable, and nothing says so before it is called: write @Locked(name, ttl, { returns: 'observable' })",
    );
  });
});

describe('a method that is @Locked', () => {
  it('keeps its name, its length and its metadata, whatever stands above and below', () => {
    const Mark =
      (key: string) =>
      (_target: object, _key: string | symbol, { value }: PropertyDescriptor): void => {
        Reflect.defineMetadata(key, 'marked', value as object);
      };
    class Jobs {
      @Mark('above')
      @Locked('job', '30s')
      @Mark('below')
      async run(_a: string, _b: number): Promise<void> {}
    }
    const { run } = Jobs.prototype;
    expect([run.name, run.length]).toEqual(['run', 2]);
    expect(Reflect.getMetadataKeys(run).sort()).toEqual(['above', 'below']);
    expect(Object.getOwnPropertyDescriptor(Jobs.prototype, 'run')).toMatchObject({
      configurable: true,
      enumerable: false,
      writable: true,
    });
  });

  it('is inherited, called by `super`, and overridden', async () => {
    abstract class Base {
      @Locked('base', '30s')
      async run(): Promise<string> {
        return `${this.title()} under ${currentLease().name}`;
      }
      abstract title(): string;
    }
    class Heir extends Base {
      title(): string {
        return 'heir';
      }
      @Locked('own', '30s')
      async own(): Promise<string> {
        return currentLease().name;
      }
    }
    class Caller extends Base {
      title(): string {
        return 'caller';
      }
      override async run(): Promise<string> {
        return `${await super.run()}, and more`;
      }
    }
    const app = await startApp({ imports: [LocksModule.forRoot({ backend: memory() })], providers: [Heir, Caller] });
    expect(await app.get(Heir).run()).toBe('heir under base');
    expect(await app.get(Heir).own()).toBe('own');
    expect(await app.get(Caller).run()).toBe('caller under base, and more');
  });

  it('has the innermost lease where it is @Locked twice', async () => {
    class Twice {
      @Locked('outer', '30s')
      @Locked('inner', '30s')
      async run(): Promise<string> {
        return currentLease().name;
      }
    }
    const app = await startApp({ imports: [LocksModule.forRoot({ backend: memory() })], providers: [Twice] });
    expect(await app.get(Twice).run()).toBe('inner');
  });

  it('says what to do if Nest has not made its object', async () => {
    await expect(new Orders().report('x')).rejects.toThrow(LockConfigError);
    await expect(new Orders().report('x')).rejects.toThrow('import LocksModule.forRoot(…)');
    await expect(lastValueFrom(new Orders().stream$())).rejects.toThrow('Orders.stream$ is @Locked');
    const { report } = new Orders();
    await expect(report('x')).rejects.toThrow(LockConfigError);
  });

  it('keeps an application without a LocksModule from starting, and says what is missing', async () => {
    await expect(startApp({ providers: [Orders] })).rejects.toThrow(
      'Locks: import LocksModule.forRoot() of rxlock/nestjs',
    );
  });
});

describe('currentLease()', () => {
  it('throws where no @Locked method is running', () => {
    expect(() => currentLease()).toThrow(LockConfigError);
  });

  it('is not held any more in what the method left behind', async () => {
    const end$ = new Subject<void>();
    let late: Promise<boolean> | undefined;
    class Leaving {
      @Locked('leaving', '30s')
      async run(): Promise<boolean> {
        late = lastValueFrom(end$, { defaultValue: undefined }).then(() => currentLease().isHeld);
        return currentLease().isHeld;
      }
    }
    const app = await startApp({ imports: [LocksModule.forRoot({ backend: memory() })], providers: [Leaving] });
    expect(await app.get(Leaving).run()).toBe(true);
    end$.complete();
    expect(await late).toBe(false);
  });
});
