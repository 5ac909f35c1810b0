import { describe, expect, it } from 'vitest';
import { Rota, type Worker } from '../../src/server/rota.js';

/** A rota whose time passes by work only, and whose goes are begun by hand. */
class Stage {
  now = 0;
  readonly log: string[] = [];
  private planned: (() => void)[] = [];
  readonly rota = new Rota(
    () => this.now,
    (run) => {
      this.planned.push(run);
      return () => {
        this.planned = this.planned.filter((one) => one !== run);
      };
    },
  );

  get goes(): number {
    return this.planned.length;
  }

  go(): void {
    for (const run of this.planned.splice(0)) run();
  }

  /** One with so many steps to do, each of which takes a time and is worth as many units. */
  worker(name: string, steps: number, cost: number): Worker {
    const worker: Worker = {
      due: 0,
      last: 1,
      position: -1,
      work: (time) => {
        const end = this.now + time;
        let done = 0;
        do {
          this.now += cost;
          done += cost * 1000;
          this.log.push(name);
        } while (--steps > 0 && this.now < end);
        if (steps > 0) this.rota.wait(worker);
        return done;
      },
    };
    return worker;
  }
}

describe('Rota', () => {
  it('lets who comes alone work at once', () => {
    const stage = new Stage();
    stage.rota.enter(stage.worker('a', 3, 1));
    expect(stage.log).toEqual(['a', 'a', 'a']);
    expect(stage.goes).toBe(0);
  });

  it('has all together take no longer in one go than one alone', () => {
    const stage = new Stage();
    for (let index = 0; index < 100; index++) stage.rota.enter(stage.worker(`w${index}`, 10, 1));
    expect(stage.now).toBeLessThan(12);
    const before = stage.now;
    stage.go();
    expect(stage.now - before).toBeLessThan(12);
  });

  it('lets who wants little go before a thousand who want much', () => {
    const stage = new Stage();
    for (let index = 0; index < 1000; index++) stage.rota.enter(stage.worker('much', 100, 3));
    for (let round = 0; round < 500; round++) stage.go();
    for (let request = 0; request < 20; request++) {
      stage.log.length = 0;
      stage.rota.enter(stage.worker('little', 1, 0.01));
      stage.go();
      stage.go();
      expect(stage.log.indexOf('little')).toBeLessThan(10);
      expect(stage.log).toContain('little');
    }
  });

  it('has what is dear paid for before it is done, if others wait', () => {
    const stage = new Stage();
    const [dear, other] = [stage.worker('dear', 1, 5), stage.worker('other', 1, 0.01)];
    expect(stage.rota.pay(dear, 100)).toBe(true);
    stage.rota.wait(stage.worker('third', 1, 0.01));
    expect(stage.rota.pay(dear, 100)).toBe(false);
    stage.rota.wait(other);
    stage.go();
    expect(stage.log).toEqual(['third', 'other', 'dear']);
  });

  it('plans nothing when nobody waits any more', () => {
    const stage = new Stage();
    const worker = stage.worker('a', 1, 1);
    stage.rota.wait(worker);
    expect(stage.goes).toBe(1);
    stage.rota.leave(worker);
    expect(stage.goes).toBe(0);
  });
});
