import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../../src/values/system-clock.js';
import { Connection } from '../../../../src/backends/dflockd/wire/connection.js';
import { Question } from '../../../../src/backends/dflockd/wire/question.js';
import { LockClosedError } from '../../../../src/contract/errors.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { describeWithDflockds } from '../../../support/dflockd-server.js';
import { until } from '../../../support/poll.js';
import { anyName, Client, GENEROUS, ScriptedServer, type Script } from '../support/support.js';

const servers = new Set<ScriptedServer>();
const clients = new Set<Client>();

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(script);
  servers.add(server);
  return server;
}

function clientOf(...args: ConstructorParameters<typeof Client>): Client {
  const client = new Client(...args);
  clients.add(client);
  return client;
}

afterEach(async () => {
  await Promise.all([...clients].map(({ backend }) => backend.close()));
  await Promise.all([...servers].map((server) => server.stop()));
  clients.clear();
  servers.clear();
});

class Probe extends Question {
  /** What became of it, in the order of events. */
  readonly fate: string[] = [];
  /** Nobody waits for it any more. */
  isLeft = false;
  constructor(override readonly isPatient = false) {
    super();
  }
  override isWanted(): boolean {
    return !this.isLeft;
  }
  answered(line: string): boolean {
    this.fate.push(line);
    return true;
  }
  failed(): void {
    this.fate.push('failed');
  }
  override late(): void {
    this.fate.push('late');
  }
}

/** A connection that is open. */
async function connected(
  { port }: ScriptedServer,
  times: { answer: number; read: number },
  clock = systemClock(),
): Promise<Connection> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const nothing = (): void => undefined;
  return new Connection({
    socket,
    where: 'here',
    clock,
    times: { connect: 0, ...times },
    auth: undefined,
    owner: { closed: nothing, rested: nothing },
  });
}

describe('a silent dflockd server', () => {
  it('is noticed in time, though others go on asking', async () => {
    const server = await serve(GENEROUS);
    const client = clientOf({ port: server.port, timeout: '1s' });
    await client.acquire(anyName());
    server.script = () => undefined;
    const first = client.ask(anyName());
    await sleep(500);
    const second = client.ask(anyName());
    expect((await first.over()).error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
    // It has its own time.
    expect(second.error).toBeUndefined();
    await second.over();
    // Whoever comes now is not asked there.
    server.script = GENEROUS;
    await client.acquire(anyName());
    expect(server.sockets.size).toBe(2);
  });

  it('is left, with all that hung on it, when it must have given up the connection', async () => {
    const server = await serve(GENEROUS);
    const client = clientOf({ port: server.port, timeout: '200ms', readTimeout: '1s' });
    const { grant } = await client.acquire(anyName(), { ttl: 600_000 });
    server.script = () => undefined;
    expect(await client.renew([grant], 600_000)).toMatchObject([{ outcome: 'unknown' }]);
    await until(() => server.sockets.size === 0, 'the end of the connection');
    expect(client.revocations).toMatchObject([{ reason: 'connection', grants: [grant] }]);
  });

  it('is not left before that: its answer may come late', async () => {
    const server = await serve(GENEROUS);
    const client = clientOf({ port: server.port, timeout: '100ms', readTimeout: '20s' });
    const { grant } = await client.acquire(anyName());
    server.script = () => undefined;
    const silent = await client.ask(anyName()).over();
    expect(silent.error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
    await sleep(500);
    expect(server.sockets.size).toBe(1);
    expect(client.revocations).toEqual([]);
    // The late answer first, then those that follow it.
    for (const socket of server.sockets) socket.write('ok stray 30\n');
    await until(() => silent.strays.length === 1, 'the late grant');
    server.script = GENEROUS;
    expect(await client.release(grant, silent.strays[0]!)).toEqual(['released', 'released']);
  });

  it('is given up where it does not answer a release, and asked elsewhere for the next lock', async () => {
    const server = await serve(GENEROUS);
    const client = clientOf({ port: server.port, timeout: '200ms' });
    const name = anyName();
    const { grant } = await client.acquire(name);
    server.script = () => undefined;
    expect(await client.release(grant)).toEqual(['unknown']);
    server.script = GENEROUS;
    const [first] = server.sockets;
    expect((await client.acquire(name)).grant.name).toBe(name);
    // What closes gives the lock back too.
    await until(() => !server.sockets.has(first!), 'the end of the silent connection');
    expect(server.sockets.size).toBe(1);
  });

  it('keeps no process alive for an answer that nobody waits for, nor for what is on its way back', async () => {
    const server = await serve(() => undefined);
    const connection = await connected(server, { answer: 60_000, read: 60_000 });
    let isReferenced = true;
    const refer = (is: boolean) =>
      function (this: Socket): Socket {
        isReferenced = is;
        return this;
      };
    vi.spyOn(Socket.prototype, 'ref').mockImplementation(refer(true));
    vi.spyOn(Socket.prototype, 'unref').mockImplementation(refer(false));
    onTestFinished(() => void vi.restoreAllMocks());
    const owned = { endsAt: Infinity, isOver: false, isLeaving: false, spot: -1 };
    const [left, wanted] = [new Probe(), new Probe()];
    connection.send(left, 'n\nk\nt 9\n');
    connection.send(wanted, 'n\nk\nt 9\n');
    left.isLeft = true;
    connection.doubt();
    await sleep(0);
    expect(isReferenced).toBe(true);
    wanted.isLeft = true;
    connection.doubt();
    await sleep(0);
    expect(isReferenced).toBe(false);
    connection.own(owned);
    expect(isReferenced).toBe(true);
    connection.yield(owned);
    expect(isReferenced).toBe(false);
    const again = new Probe();
    connection.send(again, 'n\nk\nt 9\n');
    expect(isReferenced).toBe(true);
    connection.close(new LockClosedError('over'));
    expect([left.fate, wanted.fate, again.fate]).toEqual([['failed'], ['failed'], ['failed']]);
  });

  it('may take any time where it is allowed to, and what was asked behind it counts from there', async () => {
    const server = await serve(() => undefined);
    let now = 0;
    const connection = await connected(
      server,
      { answer: 400, read: 20_000 },
      { elapsed: () => now, date: () => now, monotonic: () => now },
    );
    /** Time passes, and the connection is looked at. */
    const pass = (time: number): void => {
      now += time;
      connection.look(now);
    };
    const wait = new Probe(true);
    const next = new Probe();
    connection.send(wait, 'w\nk\n9\n');
    connection.send(next, 'n\nk\nt 9\n');
    pass(1000);
    expect([wait.fate, next.fate]).toEqual([[], []]);
    const [socket] = server.sockets;
    socket!.write('timeout\n');
    await until(() => wait.fate.length > 0, 'the end of the wait');
    pass(200);
    socket!.write('ok 9\n');
    await until(() => next.fate.length > 0, 'the answer');
    expect([wait.fate, next.fate]).toEqual([['timeout'], ['ok 9']]);
    const last = new Probe();
    connection.send(last, 'stats\n_\n\n');
    pass(400);
    // Nothing is owned, so nothing is lost with it.
    expect(last.fate).toEqual(['late', 'failed']);
    connection.close(new LockClosedError('the test is over'));
  });

  it('is kept awake though nothing is asked, as long as something hangs on the connection', async () => {
    const server = await serve(GENEROUS);
    // It looks more often than it speaks.
    const client = clientOf({ port: server.port, readTimeout: '1s', timeout: '100ms' });
    await client.acquire(anyName());
    const before = performance.now();
    await until(() => server.requests.filter((one) => one === 'stats _').length === 3, 'signs of life');
    // Well within the read timeout, and no more often than needed.
    expect(performance.now() - before).toBeGreaterThan(800);
    expect(client.revocations).toEqual([]);
  });
});

describeWithDflockds('a dflockd client that stands still', (start) => {
  it('reads the answers that came meanwhile before it takes them for late', async () => {
    const server = await start({ apart: true });
    const client = clientOf({ port: server.port, timeout: '300ms' });
    await client.backend.stats();
    const stats = client.backend.stats();
    // It is on its way after the microtasks of this turn.
    for (let i = 0; i < 5; i++) await Promise.resolve();
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
    const end = performance.now() + 600;
    while (performance.now() < end);
    expect(await stats).toMatchObject({ connections: 1 });
  });
});

describe('the clock of a dflockd client', () => {
  it('may begin anywhere: nothing is confirmed that was not sent', async () => {
    const server = await serve(GENEROUS);
    const client = clientOf({ port: server.port });
    client.clock.advance(-1e9);
    const { bounds } = await client.acquire(anyName());
    expect(bounds).toHaveLength(2);
    for (const { sentAt } of bounds) expect(sentAt).toBeLessThanOrEqual(client.clock.elapsed());
  });
});

describe('a dflockd client that is closed', () => {
  it('opens nothing more, though whoever is told asks again at once', async () => {
    const server = await serve(() => undefined);
    const client = clientOf({ port: server.port });
    const codes: unknown[] = [];
    const tell = ({ code }: { code: string }): void => {
      codes.push(code);
    };
    client.backend.signal$('orders').subscribe({
      error: () => client.backend.signal$('orders').subscribe({ error: tell }),
    });
    const waiting = client.ask(anyName());
    await until(() => server.requests.length === 2, 'the questions');
    await client.backend.close();
    expect(codes).toEqual(['ERR_LOCK_CLOSED']);
    expect(waiting.error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
    await until(() => server.sockets.size === 0, 'the end of all connections');
  });

  it('does not try again elsewhere what was asked on a connection that it closed itself', async () => {
    const server = await serve(GENEROUS);
    const client = clientOf({ port: server.port });
    await client.acquire(anyName());
    server.script = () => undefined;
    const asked = client.ask(anyName());
    await until(() => server.requests.length === 2, 'the question');
    await client.backend.close();
    expect(asked.error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
    await until(() => server.sockets.size === 0, 'the end of all connections');
    expect(server.requests).toHaveLength(2);
  });

  it('may be closed while another Locks still uses it, whose places in a queue are given back', async () => {
    const server = await serve(([command]) => (command === 'l' ? 'timeout' : command === 'e' ? 'queued' : undefined));
    const client = clientOf({ port: server.port });
    const [first, second] = [
      createLocks(client.backend, { clock: client.clock }),
      createLocks(client.backend, { clock: client.clock }),
    ];
    const name = anyName();
    let isWaiting = false;
    const waiting = first.lock$(name, '30s').subscribe(({ type }) => (isWaiting = type === 'waiting'));
    await until(() => isWaiting && server.requests.includes(`w ${name}`), 'the wait');
    waiting.unsubscribe();
    await first.close();
    for (const socket of server.sockets) socket.write('ok token 30\n');
    await until(() => server.requests.includes(`r ${name}`), 'the way back');
    for (const socket of server.sockets) socket.write('ok\n');
    await second.close();
    expect(server.requests.filter((one) => one === `r ${name}`)).toHaveLength(1);
  });
});
