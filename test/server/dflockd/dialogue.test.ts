import { describe, expect, it, vi } from 'vitest';
import type { DflockdDialogue } from '../../../src/server/dflockd/dialogue/dialogue.js';
import { DflockdFront } from '../../../src/server/dflockd/dflockd-front.js';
import { checkOptions } from '../../../src/server/dflockd/options.js';
import { ServerCore } from '../../../src/server/server-core.js';
import { Place } from '../../../src/table/place.js';
import { Time } from '../../support/virtual.js';
import { FakeClient, setUp } from './support/support.js';

describe('a dialogue that waits', () => {
  it('is told of a timeout when the time is over, and has lost its place', () => {
    const { time, client } = setUp();
    const [a, b] = [client(), client()];
    const token = a.take('k');
    expect(b.ask('l', 'k', '10')).toEqual([]);
    time.advance(9999);
    expect(b.read()).toEqual([]);
    time.advance(1);
    expect(b.read()).toEqual(['timeout']);
    expect(a.ask('r', 'k', token)).toEqual(['ok']);
    expect(b.read()).toEqual([]);
    expect(a.ask('l', 'k', '0')).toEqual(['ok T 33']);
  });

  it('waits for longer than a timer can', () => {
    const { time, client } = setUp({ autoRelease: false });
    const [a, b] = [client(), client()];
    a.take('k', '0 9000000000');
    expect(b.ask('l', 'k', '5000000')).toEqual([]);
    time.advance(4_999_999_999);
    expect(b.read()).toEqual([]);
    time.advance(1);
    expect(b.read()).toEqual(['timeout']);
  });

  it('gets the lock when the lease before it ends, and its own lease begins then', () => {
    const { time, client } = setUp();
    const [a, b, c] = [client(), client(), client()];
    a.take('k', '0 5');
    b.ask('l', 'k', '100 3');
    c.ask('l', 'k', '100');
    time.advance(4999);
    expect(b.read()).toEqual([]);
    time.advance(1);
    expect(b.read()).toEqual(['ok T 3']);
    time.advance(2999);
    expect(c.read()).toEqual([]);
    time.advance(1);
    expect(c.read()).toEqual(['ok T 33']);
  });

  it('leaves the queue at once when its client closes', () => {
    const { client, core } = setUp();
    const [a, b, c] = [client(), client(), client()];
    const token = a.take('k');
    b.ask('l', 'k', '10');
    c.ask('l', 'k', '10');
    b.dialogue.finished();
    expect(b.state).toBe('ended');
    expect(core.table.status('k').waiters).toBe(1);
    a.ask('r', 'k', token);
    expect(b.read()).toEqual([]);
    expect(c.read()).toEqual(['ok T 33']);
  });

  it('answers what came after it in order, and reads no more than a little ahead', () => {
    const { client } = setUp();
    const [a, b] = [client(), client()];
    const token = a.take('k');
    b.ask('l', 'k', '10');
    b.ask('x', 'y');
    expect(b.isPaused).toBe(false);
    for (let sent = 0; !b.isPaused; sent++) {
      if (sent > 1000) throw new Error('it reads on and on');
      b.ask('l', 'j'.repeat(100), '0');
    }
    expect(b.read()).toEqual([]);
    a.ask('r', 'k', token);
    expect(b.isPaused).toBe(false);
    expect(b.read().slice(0, 4)).toEqual(['ok T 33', 'error', 'ok T 33', 'timeout']);
  });
});

describe('a lease that has run out', () => {
  it.each(['n', 'r', 'sn', 'sr'])('is refused to %s, though nobody has looked', (command) => {
    const { time, client } = setUp();
    const a = client();
    const token = a.take('k', '0 2');
    time.advance(1999);
    expect(a.ask('n', 'k', `${token} 2`)).toEqual(['ok 2']);
    time.advance(2000);
    expect(a.ask(command, 'k', token)).toEqual(['error']);
    expect(a.ask('l', 'k', '0')).toEqual(['ok T 33']);
  });
});

describe('the two phases', () => {
  it('renew the lease when the wait is answered', () => {
    const { time, client } = setUp();
    const [a, b] = [client(), client()];
    const token = a.take('k');
    b.ask('e', 'k', '10');
    a.ask('r', 'k', token);
    time.advance(9000);
    expect(b.ask('w', 'k', '1')).toEqual(['ok T 10']);
    time.advance(9999);
    expect(a.ask('l', 'k', '0')).toEqual(['timeout']);
    time.advance(1);
    expect(a.ask('l', 'k', '0')).toEqual(['ok T 33']);
  });

  it('grant nothing whose lease has run out, not even if nobody has it', () => {
    const { time, client } = setUp();
    const [a, b] = [client(), client()];
    const token = a.take('k');
    b.ask('e', 'k', '2');
    a.ask('r', 'k', token);
    time.advance(2000);
    expect(b.ask('w', 'k', '1')).toEqual(['error_lease_expired']);
    expect(b.ask('w', 'k', '1')).toEqual(['error_not_enqueued']);
  });

  it('forget what ran out when the client enqueues again', () => {
    const { time, client } = setUp();
    const a = client();
    a.ask('e', 'k', '2');
    time.advance(2000);
    expect(a.ask('e', 'k', '5')).toEqual(['acquired T 5']);
    expect(a.ask('w', 'k', '0')).toEqual(['ok T 5']);
    expect(a.ask('w', 'k', '0')).toEqual(['error_not_enqueued']);
  });

  it('are over when the wait is answered, however late that is', () => {
    const { client } = setUp();
    const [a, b] = [client(), client()];
    const token = a.take('k');
    b.ask('e', 'k', '5');
    expect(b.ask('w', 'k', '9')).toEqual([]);
    a.ask('r', 'k', token);
    expect(b.read()).toEqual(['ok T 5']);
    expect(b.ask('w', 'k', '0')).toEqual(['error_not_enqueued']);
    expect(b.ask('e', 'k', '5')).toEqual(['queued']);
  });

  it('leave no more traces than some of what was never waited for', () => {
    const { time, client } = setUp({ maxLocks: 5000, idle: '1s', readTimeout: '1h' });
    const a = client();
    for (let index = 0; index < 3000; index++) a.ask('e', `k${index}`, '1');
    time.advance(1000);
    const answers = Array.from({ length: 3000 }, (_, index) => a.ask('w', `k${index}`, '1')[0]);
    expect(answers.filter((answer) => answer === 'error_lease_expired')).toHaveLength(1024);
    expect(new Set(answers)).toEqual(new Set(['error_lease_expired', 'error_not_enqueued']));
  });

  it('give back an unseen grant of who has gone, even without auto-release', () => {
    const { client, core } = setUp({ autoRelease: false });
    const [a, b] = [client(), client()];
    const token = a.take('k');
    a.take('j');
    b.ask('e', 'k', '');
    a.ask('r', 'k', token);
    expect(core.table.status('k').holders).toBe(1);
    b.dialogue.closed();
    a.dialogue.closed();
    expect(core.table.status('k').holders).toBe(0);
    expect(core.table.status('j').holders).toBe(1);
  });
});

describe('the read timeout', () => {
  it('counts for each line', () => {
    const { time, client } = setUp({ readTimeout: '10s' });
    const a = client();
    a.dialogue.received('l\nk');
    time.advance(9000);
    a.dialogue.received('k');
    time.advance(999);
    expect(a.state).toBe('open');
    time.advance(1);
    expect(a.read()).toEqual(['error']);
    expect(a.state).toBe('ended');

    const b = client();
    for (const part of ['l\n', 'k\n', '0\n', 'l\n']) {
      time.advance(9999);
      b.dialogue.received(part);
    }
    expect(b.read()).toEqual(['ok T 33']);
    time.advance(10_000);
    expect(b.read()).toEqual(['error']);
  });

  it('does not count while a client waits, and begins anew after that', () => {
    const { time, client } = setUp({ readTimeout: '10s', autoRelease: false });
    const [a, b] = [client(), client()];
    a.take('k', '0 100');
    b.ask('l', 'k', '50');
    time.advance(50_000);
    expect(b.read()).toEqual(['timeout']);
    time.advance(9999);
    expect(b.state).toBe('open');
    time.advance(1);
    expect(b.state).toBe('ended');
  });

  it('frees what the client had, at once', () => {
    const { time, client } = setUp({ readTimeout: '10s' });
    const a = client();
    a.take('k', '0 100');
    time.advance(5000);
    const b = client();
    b.ask('l', 'k', '50');
    time.advance(5000);
    expect(a.state).toBe('ended');
    expect(b.read()).toEqual(['ok T 33']);
  });
});

describe('where who holds a lock may be silent', () => {
  const patient = () => setUp({ readTimeout: '23s' }, { holdersMayBeSilent: true });

  it('a client that renews at half of its lease keeps it, however long that is', () => {
    const { time, client, core } = patient();
    const a = client();
    const token = a.take('k', '0 120');
    for (let renewals = 0; renewals < 3; renewals++) {
      time.advance(60_000);
      expect(a.ask('n', 'k', `${token} 120`)).toEqual(['ok 120']);
    }
    expect(core.table.status('k')).toMatchObject({ holders: 1, expiresIn: 120_000 });
    expect(a.ask('r', 'k', token)).toEqual(['ok']);
    time.advance(22_999);
    expect(a.state).toBe('open');
    time.advance(1);
    expect(a.state).toBe('ended');
  });

  it('who is gone without a word keeps others waiting until its lease is over, and no longer', () => {
    const { time, client } = patient();
    const [a, b] = [client(), client()];
    a.take('k', '0 50');
    a.take('j', '0 30');
    b.ask('l', 'k', '100');
    time.advance(49_999);
    expect([a.state, b.read()]).toEqual(['open', []]);
    time.advance(1);
    expect([a.state, b.read()]).toEqual(['ended', ['ok T 33']]);
  });

  it('who only waits in a queue, or has not said who he is, is closed as ever', () => {
    const { time, client } = patient();
    const [a, b] = [client(), client()];
    a.take('k', '0 100');
    expect(b.ask('e', 'k')).toEqual(['queued']);
    time.advance(23_000);
    expect([a.state, b.state]).toEqual(['open', 'ended']);
  });
});

describe('a client that does not read', () => {
  it('has to wait for its answers, and is not read from meanwhile', () => {
    const { client } = setUp();
    const a = client();
    a.backlog = 70_000;
    expect(a.ask('x', 'y')).toEqual([]);
    expect(a.isPaused).toBe(true);
    a.backlog = 10;
    a.dialogue.drained();
    expect(a.read()).toEqual(['error']);
    expect(a.isPaused).toBe(false);
  });

  it('is cut off after the write timeout, and its locks are free', () => {
    const { time, client } = setUp({ writeTimeout: '5s', readTimeout: '1h' });
    const [a, b] = [client(), client()];
    a.take('k', '0 100');
    b.ask('l', 'k', '50');
    a.onWrite = () => (a.backlog += 10);
    a.ask('x', 'y');
    time.advance(4999);
    expect(a.state).toBe('open');
    time.advance(1);
    expect(a.state).toBe('destroyed');
    expect(b.read()).toEqual(['ok T 33']);
  });

  it('is cut off after that time even if it is told more and more', () => {
    const { time, client } = setUp({ writeTimeout: '5s', readTimeout: '1h' });
    const [a, b] = [client(), client()];
    a.ask('listen', 'c');
    a.onWrite = () => (a.backlog += 10);
    for (let second = 0; second < 5; second++) {
      expect(b.ask('signal', 'c', 'x')).toEqual(['ok 1']);
      expect(a.state).toBe('open');
      time.advance(1000);
    }
    expect(a.state).toBe('destroyed');
  });

  it('has all its time for the next line when it has taken its answers at last', () => {
    const { time, client } = setUp({ writeTimeout: 0, readTimeout: '10s' });
    const a = client();
    a.backlog = 70_000;
    time.advance(9000);
    a.ask('x', 'y');
    time.advance(20_000);
    a.backlog = 0;
    a.dialogue.drained();
    expect(a.read()).toEqual(['error']);
    time.advance(9999);
    expect(a.state).toBe('open');
    time.advance(1);
    expect(a.state).toBe('ended');
  });

  it('is not cut off as long as it takes something', () => {
    const { time, client } = setUp({ writeTimeout: '5s', readTimeout: '1h' });
    const a = client();
    a.onWrite = () => (a.backlog += 10);
    for (let second = 0; second < 30; second++) {
      a.ask('x', 'y');
      a.backlog -= 5;
      a.dialogue.drained();
      time.advance(1000);
    }
    expect(a.state).toBe('open');
    time.advance(5000);
    expect(a.state).toBe('destroyed');
  });

  it('is told no more signals, and cut off; others of its group are told instead', () => {
    const { client } = setUp();
    const [a, b, c] = [client(), client(), client()];
    a.ask('listen', 'c', 'g');
    b.ask('listen', 'c', 'g');
    a.read();
    a.backlog = 2_000_000;
    expect(c.ask('signal', 'c', '1')).toEqual(['ok 1']);
    expect(b.read()).toContain('sig c 1');
    expect(a.state).toBe('open');
    a.ask('listen', 'c');
    a.backlog = 0;
    a.dialogue.drained();
    a.backlog = 2_000_000;
    expect(c.ask('signal', 'c', '2')).toEqual(['ok 1']);
    expect(a.state).toBe('destroyed');
    expect(c.ask('signal', 'c', '3')).toEqual(['ok 1']);
  });

  it('may take its time to take what it was told before it goes', () => {
    const { time, client } = setUp({ readTimeout: '1s', writeTimeout: '5s' });
    const a = client();
    a.backlog = 100;
    a.dialogue.finished();
    expect(a.state).toBe('ended');
    for (let second = 0; second < 20; second += 4) {
      time.advance(4000);
      a.backlog -= 10;
      a.dialogue.drained();
    }
    expect(a.state).toBe('ended');
    time.advance(4999);
    expect(a.state).toBe('ended');
    time.advance(1);
    expect(a.state).toBe('destroyed');
  });

  it('is cut off if it was told to go and does not', () => {
    const { time, client, front } = setUp({ readTimeout: '1s' });
    const a = client();
    time.advance(1000);
    expect(a.state).toBe('ended');
    a.ask('l', 'k', '0');
    expect(a.read()).toEqual([]);
    time.advance(4999);
    expect(a.state).toBe('ended');
    time.advance(1);
    expect(a.state).toBe('destroyed');
    a.dialogue.closed();
    expect(front.connections).toBe(0);
  });
});

describe('a client that sends a flood', () => {
  it('gets its answers in bursts, so that others have their turn', () => {
    const { time, client } = setUp();
    const [a, b] = [client(), client()];
    a.dialogue.received('x\ny\n\n'.repeat(2500));
    const first = a.read().length;
    expect(first).toBeGreaterThan(500);
    expect(first).toBeLessThan(1100);
    expect(a.isPaused).toBe(true);
    expect(b.ask('l', 'k', '0')).toEqual(['ok T 33']);
    time.advance(5);
    expect(a.read()).toHaveLength(2500 - first);
    expect(a.isPaused).toBe(false);
  });

  it('has its turn end soon, however long each of its requests takes', () => {
    let clock = 0;
    const time = new Time();
    const core = new ServerCore({ scheduler: time, clock: { monotonic: () => time.now() + clock } });
    const front = new DflockdFront(core, checkOptions({ readTimeout: '1h' }).front);
    const [a, b] = [new FakeClient(front), new FakeClient(front)];
    b.ask('listen', 'c');
    b.read();
    const { dialogue } = b;
    vi.spyOn(dialogue as DflockdDialogue, 'hear').mockImplementation(() => {
      clock += 4;
      return true;
    });
    a.dialogue.received('signal\nc\nx\n'.repeat(100));
    expect(a.read()).toHaveLength(3);
    expect(a.isPaused).toBe(true);
    b.ask('x', 'y');
    time.advance(0);
    expect(b.read()).toEqual(['error']);
    time.advance(1);
    expect(a.read()).toHaveLength(97);
    expect(a.isPaused).toBe(false);
  });

  it('is told what it asks for in one go, and so is who hears of it', () => {
    const { client } = setUp();
    const [a, b, c] = [client(), client(), client()];
    b.ask('listen', 'c');
    b.read();
    const token = a.take('k');
    c.ask('l', 'k', '9');
    const written: string[] = [];
    for (const [name, one] of Object.entries({ a, b, c }))
      one.onWrite = (text) => written.push(name + String(text.split('\n').length - 1));
    a.dialogue.received(`${'signal\nc\nx\n'.repeat(100)}r\nk\n${token}\n${'signal\nc\ny\n'.repeat(100)}`);
    expect(written.sort()).toEqual(['a201', 'b200', 'c1']);
    expect(a.read().filter((line) => line === 'ok 1')).toHaveLength(200);
    expect(b.read()).toHaveLength(200);
    expect(c.read()).toEqual(['ok T 33']);
  });

  it('gets no further burst while its answers are not taken, however long they are', () => {
    const { time, client } = setUp({ maxLocks: 2000, writeTimeout: 0 });
    const a = client();
    for (let index = 0; index < 1000; index++) a.take(`${'k'.repeat(200)}${index}`);
    let written = 0;
    a.onWrite = ({ length }) => {
      written += length;
      a.backlog += length;
    };
    a.dialogue.received('stats\n_\n\n'.repeat(5000));
    time.advance(10_000);
    // One answer has a line for each of its locks.
    expect(written).toBeGreaterThan(200_000);
    expect(written).toBeLessThan(1_000_000);
    expect(a.isPaused).toBe(true);
  });
});

describe('authentication', () => {
  it('lets who is refused go after a while, and answers nothing meanwhile', () => {
    const { time, client } = setUp({ auth: 'secret' });
    const a = client();
    expect(a.ask('auth', '_', 'wrong')).toEqual(['error_auth']);
    expect(a.isPaused).toBe(true);
    expect(a.ask('auth', '_', 'secret')).toEqual([]);
    time.advance(99);
    expect(a.state).toBe('open');
    time.advance(1);
    expect(a.state).toBe('ended');
  });

  it('has to come in time', () => {
    const { time, client } = setUp({ auth: 'secret', readTimeout: '1s' });
    const a = client();
    time.advance(1000);
    expect(a.read()).toEqual(['error_auth']);
    time.advance(100);
    expect(a.state).toBe('ended');
  });

  it('takes a token that is not ASCII', () => {
    const { client } = setUp({ auth: 'gehëim' });
    expect(client().ask('auth', '_', Buffer.from('gehëim').toString('latin1'))).toEqual(['ok']);
  });
});

describe('a page of a browser', () => {
  it.each(['POST / HTTP/1.1', 'PUT /a?b=c HTTP/1.1\r', 'OPTIONS * HTTP/1.0', 'GET http://locks.example/ HTTP/2.0'])(
    'does nothing with what it hides in a request of HTTP: %s',
    (line) => {
      const { client, core } = setUp();
      const [page, other] = [client(), client()];
      expect(other.ask('listen', 'news')).toEqual(['ok']);
      page.dialogue.received(`${line}\nHost: 127.0.0.1\n\nl\nreport\n0\nsignal\nnews\nhello\n`);
      expect([page.read(), page.state, other.read()]).toEqual([['error'], 'ended', []]);
      expect(core.table.status('report').holders).toBe(0);
    },
  );

  it('is told from a client that asks for what is not known', () => {
    const { client } = setUp();
    const one = client();
    expect([one.ask('POST', 'a', 'HTTP/1.1'), one.ask('http/1.1', 'a'), one.ask('l', 'a', '0'), one.state]).toEqual([
      ['error'],
      ['error'],
      ['ok T 33'],
      'open',
    ]);
  });
});

describe('keys', () => {
  it('are forgotten when nobody had them for a while, and with them their limit', () => {
    const { time, client } = setUp({ idle: '60s', maxLocks: 1, readTimeout: '1h' });
    const a = client();
    const token = a.take('k');
    a.ask('r', 'k', token);
    time.advance(30_000);
    a.ask('r', 'k', token);
    time.advance(60_000);
    expect(a.ask('sl', 's', '0 2')).toEqual(['error_max_locks']);
    time.advance(1);
    expect(a.ask('sl', 's', '0 2')).toEqual(['ok T 33']);
    expect(a.ask('sl', 'k', '0 2')).toEqual(['error_max_locks']);
  });

  it('that are asked for again are remembered for longer, and keep no others', () => {
    const { time, client } = setUp({ idle: '60s', maxLocks: 2, readTimeout: '1h' });
    const a = client();
    const [j, k] = [a.take('j'), a.take('k')];
    a.ask('r', 'j', j);
    a.ask('r', 'k', k);
    a.read();
    time.advance(30_000);
    a.ask('r', 'j', 'token');
    time.advance(30_001);
    expect(a.ask('sl', 'j', '0 2')).toEqual(['error_limit_mismatch']);
    expect(a.ask('l', 'i', '0')).toEqual(['ok T 33']);
  });

  it('are bounded, and so are places and subscriptions', () => {
    const { client } = setUp({ maxPlaces: 2, maxSubscriptions: 1 });
    const [a, b] = [client(), client()];
    expect(a.ask('sl', 's', '0 1000000000')).toEqual(['ok T 33']);
    expect(a.ask('l', 'k', '0')).toEqual(['ok T 33']);
    expect(b.ask('e', 'k', '')).toEqual(['error_max_locks']);
    a.dialogue.closed();
    expect(b.ask('e', 'k', '')).toEqual(['acquired T 33']);
    expect(b.ask('listen', 'a')).toEqual(['ok']);
    expect(b.ask('listen', 'b')).toEqual(['error']);
    expect(b.ask('unlisten', 'a')).toEqual(['ok']);
    expect(b.ask('listen', 'b')).toEqual(['ok']);
  });

  it('have as many waiters as may be, of which none is who was granted or has left', () => {
    const { time, client } = setUp({ maxWaiters: 1 });
    const [a, b, c, d] = [client(), client(), client(), client()];
    const token = a.take('k');
    b.ask('l', 'k', '100');
    expect(c.ask('l', 'k', '100')).toEqual(['error_max_waiters']);
    expect(c.ask('l', 'k', '0')).toEqual(['error_max_waiters']);
    a.ask('r', 'k', token);
    expect(b.read()).toEqual(['ok T 33']);
    expect(c.ask('l', 'k', '1')).toEqual([]);
    expect(d.ask('e', 'k')).toEqual(['error_max_waiters']);
    time.advance(1000);
    expect(c.read()).toEqual(['timeout']);
    expect(d.ask('e', 'k')).toEqual(['queued']);
    d.dialogue.closed();
    expect(c.ask('e', 'k')).toEqual(['queued']);
  });

  it('that another protocol has are refused, and what is revoked is gone', () => {
    const { client, core } = setUp({ maxPlaces: 2 });
    const a = client();
    const other = new (class extends Place {
      granted(): void {}
    })({ name: 's', ttl: 1000, limit: 3 }, { ended: () => undefined });
    core.table.acquire(other, false);
    expect(a.ask('sl', 's', '0 2')).toEqual(['error_limit_mismatch']);
    expect(a.ask('sl', 's', '0 2')).toEqual(['error_limit_mismatch']);
    const token = a.take('k');
    core.table.revoke('k');
    expect(a.ask('n', 'k', token)).toEqual(['error']);
    const unwatch = core.table.watch('j', () => {
      core.table.revoke('j');
    });
    expect(a.ask('l', 'j', '5')).toEqual(['timeout']);
    unwatch();
    expect(a.ask('l', 'j', '5')).toEqual(['ok T 33']);
  });

  it('that are the same text are the same lock for every protocol', () => {
    const { client, core } = setUp();
    client().take(Buffer.from('größe').toString('latin1'));
    expect(core.table.status('größe').holders).toBe(1);
    expect(core.table.status('größe').holder).toBe('dflockd connection 1');
  });
});

describe('the front', () => {
  it('hands nothing over while it drains: neither to who waits, nor to who has only enqueued', () => {
    const { client, front, core } = setUp();
    const [holder, waiter, queued] = [client(), client(), client()];
    const token = holder.take('k');
    waiter.ask('l', 'k', '60');
    expect(queued.ask('e', 'k')).toEqual(['queued']);
    front.drain();
    expect(waiter.read()).toEqual(['error']);
    expect(holder.ask('r', 'k', token)).toEqual(['ok']);
    expect(queued.ask('w', 'k', '60')).toEqual(['error']);
    expect(core.table.counts).toEqual({ held: 0, waiting: 0 });
  });

  it('refuses who waits when it is closed, and grants nobody anything', () => {
    const { time, client, front, core } = setUp();
    const [a, b, c] = [client(), client(), client()];
    a.take('k');
    b.ask('l', 'k', '10');
    c.ask('e', 'k', '');
    front.close();
    expect([a.read(), b.read(), c.read()]).toEqual([[], ['error'], []]);
    expect([a.state, b.state, c.state]).toEqual(['ended', 'ended', 'ended']);
    expect(core.table.size).toBe(0);
    for (const one of [a, b, c]) one.dialogue.closed();
    time.advance(100_000);
    expect(front.connections).toBe(0);
  });

  it('leaves no timer behind', () => {
    const { time, client } = setUp({ auth: 'secret' });
    const clients = Array.from({ length: 10 }, client);
    for (const one of clients) one.ask('auth', '_', 'secret');
    clients[0]!.take('k');
    for (const one of clients.slice(1, 8)) one.ask('l', 'k', '10');
    clients[8]!.ask('auth', '_', 'wrong');
    clients[9]!.dialogue.received('x\n\n\n'.repeat(3000));
    for (const one of clients) one.dialogue.closed();
    expect(time.actions.filter(({ closed }) => !closed)).toEqual([]);
  });

  it('hands over to 20,000 who leave at once without overflowing the stack', () => {
    const { client, core } = setUp();
    const holder = client();
    holder.take('k');
    let granted = 0;
    for (let index = 0; index < 20_000; index++) {
      const one = client();
      one.ask('l', 'k', '100');
      one.onWrite = () => {
        granted++;
        one.dialogue.closed();
      };
    }
    holder.dialogue.closed();
    expect(granted).toBe(20_000);
    expect(core.table.size).toBe(0);
  });
});

describe('stats', () => {
  it('are written as UTF-8, a byte a character, like all that goes to a connection', () => {
    const { client } = setUp();
    const [a, b] = [client(), client()];
    const [key, pattern] = ['Ünï-名', 'ö.*'].map((text) => Buffer.from(text).toString('latin1'));
    a.take(key!);
    expect(a.ask('listen', pattern!)).toEqual(['ok']);
    const [answer = ''] = b.ask('stats', '_');
    expect(/[^\0-\xff]/.test(answer)).toBe(false);
    const stats = JSON.parse(Buffer.from(answer.slice(3), 'latin1').toString('utf8')) as object;
    expect(stats).toMatchObject({ locks: [{ key: 'Ünï-名' }], signal_channels: [{ pattern: 'ö.*' }] });
  });
});
