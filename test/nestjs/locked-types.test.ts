import { of, type Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { Locked } from '../../src/nestjs/locked.js';

interface Order {
  readonly id: number;
}

it('the name is made of the first arguments that the method has', () => {
  class Orders {
    @Locked((order: Order) => `orders/${String(order.id)}`, '30s')
    async charge(_order: Order & { readonly total: number }, _by: string): Promise<void> {}

    // @ts-expect-error -- the method is called with a text
    @Locked((order: Order) => `orders/${String(order.id)}`, '30s')
    async cancel(_id: string): Promise<void> {}

    // @ts-expect-error -- the method is called with nothing
    @Locked((order: Order) => `orders/${String(order.id)}`, '30s')
    async all(): Promise<void> {}

    // @ts-expect-error -- the name is no text
    @Locked((order: Order) => order.id, '30s')
    async odd(_order: Order): Promise<void> {}
  }
  expect(Orders.name).toBe('Orders');
});

it('a method may have any shape', () => {
  class Shapes {
    @Locked((name: string) => name, '30s')
    async generic<T>(_name: string, value: T): Promise<T> {
      return value;
    }

    overloaded(a: string): Promise<string>;
    overloaded(a: number): Promise<number>;
    @Locked('a', '30s')
    async overloaded(a: string | number): Promise<string | number> {
      return a;
    }

    @Locked((...all: string[]) => all.join('/'), '30s')
    async rest(..._all: string[]): Promise<void> {}

    @Locked((id?: string) => id ?? 'all', '30s')
    async optional(_id?: string, _limit?: number): Promise<void> {}

    @Locked(function (this: Shapes, id: string): string {
      return `${this.name}/${id}`;
    }, '30s')
    async own(this: Shapes, _id: string): Promise<void> {}

    readonly name = 'shapes';
  }
  expect(Shapes.name).toBe('Shapes');
});

it('what may be skipped says so in its type', () => {
  class Jobs {
    @Locked('job', '30s', { skipIfHeld: true })
    async nothing(): Promise<void> {}

    @Locked('job', '30s', { skipIfHeld: true })
    plain(): void {}

    @Locked('job', '30s', { skipIfHeld: true })
    async nullable(): Promise<number | null> {
      return 1;
    }

    @Locked('job', '30s', { skipIfHeld: true })
    whatever(): unknown {
      return 1;
    }

    @Locked('job', '30s', { skipIfHeld: true, returns: 'observable' })
    stream$(): Observable<number> {
      return of(1);
    }

    // @ts-expect-error -- gives null as well
    @Locked('job', '30s', { skipIfHeld: true })
    async number(): Promise<number> {
      return 1;
    }

    @Locked('job', '30s', { skipIfHeld: false })
    async waits(): Promise<number> {
      return 1;
    }
  }
  expect(Jobs.name).toBe('Jobs');
});

it('options are those of @Locked', () => {
  expect(() => {
    // @ts-expect-error -- a signal belongs to one call
    Locked('job', '30s', { signal: AbortSignal.timeout(1) });
  }).toThrow("there is no option 'signal'");
  expect(() => {
    // @ts-expect-error -- a ttl is no Date
    Locked('job', new Date());
  }).toThrow('ttl');
});
