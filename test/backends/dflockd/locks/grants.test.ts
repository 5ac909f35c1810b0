import { lastValueFrom, Subject, toArray, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { DflockdBook } from '../../../../src/backends/dflockd/locks/book.js';
import { Connection } from '../../../../src/backends/dflockd/wire/connection.js';
import { DflockdRenewals } from '../../../../src/backends/dflockd/locks/renewals.js';
import { DflockdReturns } from '../../../../src/backends/dflockd/locks/returns.js';
import { systemClock } from '../../../../src/values/system-clock.js';
import type { Bounds, Grant, Revocation } from '../../../../src/contract/backend.js';
import { FakeSocket } from '../../../support/fake-socket.js';
import { until } from '../../../support/poll.js';

/** What is granted here, whatever the server says. Seconds. */
const ASKED = 600;

/** A server that says what the test says, and what is held of it. */
function setUp() {
  const socket = new FakeSocket();
  const revoked$ = new Subject<Revocation>();
  const revocations: Revocation[] = [];
  revoked$.subscribe((revocation) => revocations.push(revocation));
  const book = new DflockdBook({ clock: systemClock(), revoked$ });
  const connection = new Connection({
    socket: socket.asSocket,
    where: 'host:1',
    clock: systemClock(),
    times: { connect: 1000, answer: 1000, read: 23_000 },
    auth: undefined,
    owner: { closed: (_, error) => book.closed(connection, error), rested: () => undefined },
  });
  const renewals = new DflockdRenewals(book, systemClock());
  const returns = new DflockdReturns(book);
  const enter = (key: string, isDoubtful = false, lease = ASKED) => {
    const wanted = { name: key, key, holder: 'me', kind: '', seconds: ASKED } as const;
    return book.enter(wanted, { token: `T${key}`, lease }, connection, systemClock().elapsed(), isDoubtful);
  };
  const all = <T extends { readonly index: number }>(answers$: Observable<T>): Promise<readonly T[]> =>
    lastValueFrom(answers$.pipe(toArray())).then((told) => told.sort((a, b) => a.index - b.index));
  return {
    socket,
    revocations,
    book,
    enter,
    renew: (...grants: readonly Grant[]) =>
      all(
        renewals.renew(
          grants,
          grants.map(() => ASKED * 1000),
        ),
      ),
    renewFor: (seconds: number, grant: Grant) => all(renewals.renew([grant], [seconds * 1000])),
    release: (...grants: readonly Grant[]) => all(returns.release(grants)),
    hear: async (requests: string, answers: string) => {
      await until(() => socket.written.endsWith(requests), 'the requests');
      socket.hear(Buffer.from(answers));
    },
  };
}

const ttlOf = ([own]: Bounds): number => own.ttl;

describe('a grant of dflockd', () => {
  it('is renewed by itself while it is in doubt, though one would be a sign of life for all', async () => {
    const { enter, renew, socket, hear } = setUp();
    const grants = [enter('a', true), enter('b', true), enter('c'), enter('d')].map(({ grant }) => grant);
    const told = renew(...grants);
    // Of those in doubt one has run out.
    await hear('n\na\nTa 600\nn\nb\nTb 600\n', 'ok 600\nerror\n');
    expect((await told).map(({ outcome }) => outcome)).toEqual(['renewed', 'refused', 'renewed', 'renewed']);
    expect(socket.written.split('\n')).toHaveLength(2 * 3 + 1);
  });

  it('is renewed by itself for another ttl, however long it has to go, until that is confirmed', async () => {
    const { enter, renewFor, socket, hear } = setUp();
    const { grant } = enter('a');
    const refused = renewFor(500, grant);
    await hear('Ta 500\n', 'error_overloaded\n');
    expect((await refused).map(({ outcome }) => outcome)).toEqual(['unknown']);
    const told = renewFor(500, grant);
    await hear('n\na\nTa 500\nn\na\nTa 500\n', 'ok 500\n');
    const [renewal] = await told;
    expect(renewal?.outcome === 'renewed' ? ttlOf(renewal.bounds) : undefined).toBe(500_000);
    expect(socket.written.split('\n')).toHaveLength(2 * 3 + 1);
  });

  it.each([
    ['more', 9999, ASKED],
    ['less', 33, 33],
  ])('is believed in for no longer than was asked for, if the server says %s', async (_title, said, expected) => {
    const { book, enter, renew, hear } = setUp();
    expect(ttlOf(book.tell(enter('k', false, said)))).toBe(expected * 1000);
    const { grant } = enter('a', true);
    const told = renew(grant);
    await hear('Ta 600\n', `ok ${String(said)}\n`);
    const [renewal] = await told;
    expect(renewal?.outcome === 'renewed' ? ttlOf(renewal.bounds) : undefined).toBe(expected * 1000);
  });

  it('is not renewed by an answer that comes after that to its release', async () => {
    const { book, enter, renew, release, hear } = setUp();
    const { grant } = enter('a', true);
    const released = release(grant);
    const renewed = renew(grant);
    await hear('r\na\nTa\nn\na\nTa 600\n', 'ok\nok 600\n');
    expect(await released).toMatchObject([{ outcome: 'released' }]);
    expect(await renewed).toMatchObject([{ outcome: 'refused' }]);
    expect(book.find(grant)).toBeUndefined();
    expect(await renew(grant)).toMatchObject([{ outcome: 'refused' }]);
    expect(await release(grant)).toMatchObject([{ outcome: 'gone' }]);
  });

  it('is not renewed as another one is if it was given back meanwhile', async () => {
    const { enter, renew, release, hear } = setUp();
    const [first, second] = [enter('a').grant, enter('b').grant];
    const released = release(second);
    // One renewal for both.
    const renewed = renew(first, second);
    await hear('r\nb\nTb\nn\na\nTa 600\n', 'ok\nok 600\n');
    expect(await released).toMatchObject([{ outcome: 'released' }]);
    expect((await renewed).map(({ outcome }) => outcome)).toEqual(['renewed', 'refused']);
  });

  it.each(['queued', 'ok', 'ok 0', 'acquired Ta 600', 'ok Ta 600', 'renewed', ''])(
    'is lost with its connection if its renewal is answered %j',
    async (line) => {
      const { enter, renew, hear, socket, revocations } = setUp();
      const [{ grant }, other] = [enter('a'), enter('b')];
      const told = renew(grant);
      await hear('Ta 600\n', `${line}\n`);
      expect(await told).toMatchObject([{ outcome: 'unknown', cause: { code: 'ERR_LOCK_NETWORK' } }]);
      expect(socket.destroyed).toBe(true);
      expect(revocations).toMatchObject([{ reason: 'connection', grants: [grant, other.grant] }]);
    },
  );
});
