import { describe, expect, it } from 'vitest';
import { lockName } from '../../src/node-cron/lock-name.js';
import { validatePortableName } from '../../src/values/validate-portable-name.js';

const AT = '2026-11-29T03:00:00.000Z';

describe('the name of the lock', () => {
  it('is that of the task, with the tick', () => {
    expect(lockName(`nightly-backup:${AT}`, 'cron/', 'tick')).toBe('cron/nightly-backup/2026-11-29T03-00-00.000Z');
    expect(lockName(`billing/monthly:${AT}`, '', 'tick')).toBe('billing/monthly/2026-11-29T03-00-00.000Z');
  });

  it('is that of the task alone, if all its runs exclude each other', () => {
    expect(lockName(`nightly-backup:${AT}`, 'cron/', 'task')).toBe('cron/nightly-backup');
  });

  it('is one that every service takes, and differs where the tasks do', () => {
    const tasks = [
      'nightly backup',
      'nightly:backup',
      'nightly/',
      '..',
      '',
      'ü'.repeat(40),
      'x'.repeat(300),
      '夜',
      'a\nb',
    ];
    const names = tasks.map((task) => lockName(`${task}:${AT}`, 'cron/', 'tick'));
    for (const name of names) expect(() => validatePortableName(name)).not.toThrow();
    expect(new Set(names).size).toBe(tasks.length);
    expect(names[0]).toMatch(/^cron\/nightly-backup-[0-9a-f]{16}\//);
  });

  it('takes a key of another form as a task', () => {
    expect(lockName('job', 'cron/', 'tick')).toBe('cron/job');
    expect(lockName('job:2026', 'cron/', 'tick')).toMatch(/^cron\/job-2026-[0-9a-f]{16}$/);
  });
});
