import { describe, expect, it } from 'vitest';
import { SharedTable } from '../../src/threaded/shared/shared-table.js';

/** The table as both threads see it. */
function both() {
  const handle = { ...SharedTable.handle(), epoch: 1000 };
  const worker = new SharedTable(handle);
  const main = new SharedTable(handle);
  const addPage = (): void => {
    main.addPage(worker.addPage());
  };
  addPage();
  return { worker, main, addPage };
}

describe('SharedTable', () => {
  it('tells what was confirmed, in whole milliseconds', () => {
    const { worker, main } = both();
    worker.assign(3, 7);
    expect(main.read(3, 7)).toBeUndefined();
    worker.confirm(3, { sentAt: 1500.9, ttl: 30_000.9 });
    expect(main.read(3, 7)).toEqual({ sentAt: 1500, ttl: 30_000 });
  });

  it('says over of what is', () => {
    const { worker, main } = both();
    worker.assign(3, 7);
    worker.confirm(3, { sentAt: 1500, ttl: 30_000 });
    worker.end(3);
    expect(main.read(3, 7)).toBe('over');
  });

  it('never takes what was confirmed of one grant for that of another', () => {
    const { worker, main } = both();
    worker.assign(3, 7);
    worker.assign(3, 0);
    expect(main.read(3, 7)).toBe('over');
    worker.assign(3, 8);
    worker.confirm(3, { sentAt: 1500, ttl: 30_000 });
    expect(main.read(3, 7)).toBe('over');
    expect(main.read(3, 8)).toEqual({ sentAt: 1500, ttl: 30_000 });
  });

  it.each([
    ['a ttl of a week', { sentAt: 1500, ttl: 604_800_000 }, { sentAt: 1500, ttl: 2 ** 27 - 1 }],
    ['a moment in three years', { sentAt: 1e11, ttl: 1000 }, { sentAt: 1000 + 2 ** 36 - 1, ttl: 1000 }],
    ['a moment before the first', { sentAt: 500, ttl: 30_000 }, { sentAt: 1000, ttl: 1 }],
    ['a ttl of nothing', { sentAt: 1500, ttl: 0 }, { sentAt: 1500, ttl: 1 }],
  ])('puts the end of what does not fit too early: %s', (_, confirmed, told) => {
    const { worker, main } = both();
    worker.assign(0, 1);
    worker.confirm(0, confirmed);
    expect(main.read(0, 1)).toEqual(told);
  });

  it('has as many pages as it needs', () => {
    const { worker, main, addPage } = both();
    const { size } = worker;
    addPage();
    worker.assign(size, 9);
    worker.confirm(size, { sentAt: 2000, ttl: 1000 });
    expect(main.read(size, 9)).toEqual({ sentAt: 2000, ttl: 1000 });
    expect(main.size).toBe(2 * size);
  });

  it('tells the worker when the main thread last turned', () => {
    const { worker, main } = both();
    expect(worker.beatAt).toBe(1000);
    main.beat();
    expect(worker.beatAt).toBeGreaterThan(1000);
  });
});
