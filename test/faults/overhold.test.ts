import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { octostore } from '../../src/backends/octostore/index.js';
import { createLocks, type LockEvent, type Locks } from '../../src/index.js';
import { anyName } from '../support/octostore-client.js';
import { describeWithOctoStore, type OctoStoreServer } from '../support/octostore-server.js';
import { until } from '../support/poll.js';
import { FaultProxy } from '../support/proxy.js';

const TTL = 3000;
const PATIENCE = 60_000;

/** Everything that a client did: the events, each stamped by the core. */
function follow(locks: Locks<bigint>, name: string): LockEvent<bigint>[] {
  const events: LockEvent<bigint>[] = [];
  locks.lock$(name, TTL).subscribe({
    next: (event) => events.push(event),
    error: () => undefined,
  });
  return events;
}

function timeOf(events: readonly { readonly type: string; readonly at: number }[], type: string): number | undefined {
  return events.find((event) => event.type === type)?.at;
}

const table: string[] = [];

/** Milliseconds during which two believed in the same lock. */
function overhold(title: string, lostAt: number | undefined, acquiredAt: number | undefined): number {
  if (lostAt === undefined || acquiredAt === undefined) throw new Error(`${title}: nobody lost or nobody acquired`);
  const milliseconds = Math.max(0, Math.ceil(lostAt - acquiredAt));
  table.push(
    `${title.padEnd(58)} overhold ${String(milliseconds)} ms, free for ${String(Math.floor(acquiredAt - lostAt))} ms`,
  );
  return milliseconds;
}

/** Timings decide nothing here but the order of two stamps of one clock. */
describe('overhold', () => {
  afterAll(() => {
    console.log(['', 'overhold on OctoStore, ttl 3 s', ...table, ''].join('\n'));
  });

  describeWithOctoStore('of a holder whose service is out of reach', (server) => {
    let proxy: FaultProxy;
    let holder: Locks<bigint>;
    let other: Locks<bigint>;
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown): void => {
      rejections.push(reason);
    };

    beforeEach(async () => {
      process.on('unhandledRejection', onRejection);
      const token = server().tokens.alice;
      proxy = await FaultProxy.start(server().port);
      holder = createLocks(octostore({ baseUrl: proxy.url, token, timeout: '1s' }));
      other = createLocks(octostore({ baseUrl: server().url, token, timeout: '1s' }));
    });

    afterEach(async () => {
      await proxy.heal();
      await Promise.all([holder.close(), other.close()]);
      await proxy.stop();
      process.off('unhandledRejection', onRejection);
      expect(rejections.splice(0)).toEqual([]);
    });

    const rows: readonly (readonly [string, (proxy: FaultProxy, server: OctoStoreServer) => unknown])[] = [
      ['blackhole, both ways', (wire) => wire.blackhole()],
      ['blackhole, requests only', (wire) => wire.blackhole('requests')],
      ['blackhole, replies only', (wire) => wire.blackhole('replies')],
      ['connections reset, then refused', (wire) => wire.refuse()],
      ['each answer late by more than the ttl', (wire) => wire.delay(2 * TTL)],
      [
        'server killed and restarted',
        async (wire, real) => {
          await wire.refuse();
          await real.restart();
        },
      ],
      [
        'server stopped and continued',
        async (_, real) => {
          real.pause();
          await new Promise((resolve) => setTimeout(resolve, 2 * TTL));
          real.resume();
        },
      ],
    ];

    it.each(rows)('%s', { timeout: PATIENCE }, async (title, fault) => {
      const name = anyName('overhold');
      const mine = follow(holder, name);
      await until(() => timeOf(mine, 'acquired') !== undefined, 'the grant');
      const theirs = follow(other, name);
      await until(() => timeOf(theirs, 'waiting') !== undefined, 'the refusal');
      await fault(proxy, server());
      await until(() => timeOf(theirs, 'acquired') !== undefined, 'the hand-over', PATIENCE);
      await until(() => timeOf(mine, 'lost') !== undefined, 'the loss');
      expect(overhold(title, timeOf(mine, 'lost'), timeOf(theirs, 'acquired'))).toBe(0);
    });

    it("the grant whose reply was lost is nobody's", { timeout: PATIENCE }, async () => {
      const name = anyName('overhold');
      const lost = proxy.loseReply('/acquire', 'silence');
      const mine = follow(holder, name);
      await lost;
      const closing = holder.close();
      const theirs = follow(other, name);
      await until(() => timeOf(theirs, 'acquired') !== undefined, 'the hand-over', PATIENCE);
      await closing;
      expect(timeOf(mine, 'acquired')).toBeUndefined();
    });
  });

  describeWithOctoStore('of a process that stands still', (server) => {
    let child: ChildProcess | undefined;
    afterEach(() => {
      child?.kill('SIGKILL');
    });

    it('lets no value pass when it wakes, and lost is the first that it says', { timeout: PATIENCE }, async () => {
      const name = anyName('overhold');
      const token = server().tokens.alice;
      const script = fileURLToPath(new URL('holder.ts', import.meta.url));
      child = spawn(process.execPath, ['--import', 'tsx', script, name, `${String(TTL)}ms`], {
        env: { ...process.env, OCTOSTORE_BASE_URL: server().url, OCTOSTORE_TOKEN: token },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const said: { readonly type: string; readonly at: number; readonly isHeld?: boolean }[] = [];
      createInterface({ input: child.stdout! }).on('line', (line) =>
        said.push(JSON.parse(line) as (typeof said)[number]),
      );
      await until(() => said.filter(({ type }) => type === 'value').length > 3, 'the work of the child', PATIENCE);

      const other = createLocks(octostore({ baseUrl: server().url, token }));
      const theirs = follow(other, name);
      await until(() => timeOf(theirs, 'waiting') !== undefined, 'the refusal');
      child.kill('SIGSTOP');
      await until(() => timeOf(theirs, 'acquired') !== undefined, 'the hand-over', PATIENCE);
      const acquiredAt = timeOf(theirs, 'acquired')!;
      const before = said.length;
      child.kill('SIGCONT');
      if (child.exitCode === null) await once(child, 'exit');
      await until(() => said.some(({ type }) => type === 'error'), 'the end of the work');

      const after = said.slice(before);
      // What was written before it stood still may be read only now; what counts is its stamp.
      const late = after.filter(({ type, at }) => type === 'value' && at >= acquiredAt);
      expect(late).toEqual([]);
      expect(after.find(({ type }) => type !== 'value')).toMatchObject({ type: 'lost', isHeld: false });
      expect(overhold('process stopped for longer than the ttl', timeOf(after, 'lost'), acquiredAt)).toBe(0);
      await other.close();
    });
  });
});
