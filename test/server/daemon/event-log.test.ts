import { config } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/server/daemon/event-log.js';
import type { ServerLogEntry } from '../../../src/server/daemon/options.js';
import type { LogLevel } from '../../../src/server/server-log.js';

function logging(level: LogLevel) {
  const told: ServerLogEntry[] = [];
  const time = { now: 0 };
  const log = new EventLog(
    (entry) => told.push(entry),
    level,
    () => time.now,
    () => new Date(time.now),
  );
  return { told, time, log };
}

describe('EventLog', () => {
  afterEach(() => {
    config.onUnhandledError = null;
  });

  it('reports what is thrown by who is told, and goes on', async () => {
    const reported = new Promise((resolve) => (config.onUnhandledError = resolve));
    const failure = new Error('no disk');
    const log = new EventLog(
      () => {
        throw failure;
      },
      'info',
      () => 0,
    );
    log.say('info', 'ready');
    expect(await reported).toBe(failure);
  });

  it('tells what matters enough, with its time', () => {
    const { told, log } = logging('warn');
    log.say('info', 'less');
    log.say('error', 'more', { code: 'EIO' });
    expect([log.isOn('info'), log.isOn('warn')]).toEqual([false, true]);
    expect(told).toEqual([{ time: '1970-01-01T00:00:00.000Z', level: 'error', event: 'more', code: 'EIO' }]);
  });

  it('tells no more of one kind in a second than somebody may want to read, and how many it did not tell', () => {
    const { told, time, log } = logging('info');
    for (let count = 0; count < 100; count++) log.say('warn', 'refused');
    log.say('warn', 'another');
    expect(told.map(({ event }) => event)).toEqual([...Array<string>(10).fill('refused'), 'another']);
    time.now = 1000;
    log.say('warn', 'refused');
    expect(told.at(-1)).toMatchObject({ event: 'refused', untold: 90 });
    log.say('warn', 'refused');
    expect(told.at(-1)).not.toHaveProperty('untold');
  });

  it('tells all to who asks for everything', () => {
    const { told, log } = logging('debug');
    for (let count = 0; count < 100; count++) log.say('debug', 'asked');
    expect(told).toHaveLength(100);
  });

  it('tells nobody, if nobody listens', () => {
    const log = new EventLog(undefined, 'debug', () => 0);
    expect(log.isOn('error')).toBe(false);
    log.say('error', 'x');
  });
});
