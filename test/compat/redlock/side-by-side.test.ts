import { LockHeldError } from 'rxlock';
import OurRedlock, * as ours from 'rxlock/compat/redlock';
import { expect, it } from 'vitest';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { useClients } from './support/clients.js';
import { theirs } from './support/their-redlock.js';

const TheirRedlock = theirs.default;

const AT_ONCE = { retryCount: 0 };
const OFTEN = { retryCount: -1, retryDelay: 5, retryJitter: 5 };

/** What a program sees of an object that it got. */
async function seen(error: unknown): Promise<unknown> {
  const { name, message, attempts = [] } = error as Partial<ours.ExecutionError>;
  return {
    name,
    message,
    stats: (await Promise.all(attempts)).map((one) => ({
      membershipSize: one.membershipSize,
      quorumSize: one.quorumSize,
      votesFor: one.votesFor.size,
      votesAgainst: [...one.votesAgainst.values()].map(({ name, message }) => ({ name, message })),
    })),
  };
}

async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'done',
    (error: unknown) => seen(error),
  );
}

describeWithRedis('the drop-in beside the package redlock', (server) => {
  const { redlock, client } = useClients();

  it('excludes it, and is excluded by it', async () => {
    const one = redlock([server()]);
    const other = new TheirRedlock([client(server())]);
    const lock = await one.acquire(['shared', 'more'], 5000);
    await expect(other.acquire(['shared'], 5000, AT_ONCE)).rejects.toThrow(theirs.ExecutionError);
    const longer = await lock.extend(6000);
    await expect(other.acquire(['more'], 5000, AT_ONCE)).rejects.toThrow(theirs.ExecutionError);
    await longer.release();
    const their = await other.acquire(['shared', 'more'], 5000, AT_ONCE);
    await expect(one.acquire(['more'], 5000, AT_ONCE)).rejects.toThrow(LockHeldError);
    await their.release();
    await (await one.acquire(['more', 'shared'], 5000, AT_ONCE)).release();
  });

  it('takes turns with it on one key', async () => {
    const makers = [new TheirRedlock([client(server())]), redlock([server()])];
    let inside = 0;
    let turns = 0;
    const worker = async (maker: ours.Redlock): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) {
        await maker.using(['turns'], 5000, OFTEN, async () => {
          expect(++inside).toBe(1);
          await server().ask('PING');
          inside--;
          turns++;
        });
      }
    };
    await Promise.all([...makers, ...makers].map(worker));
    expect(turns).toBe(40);
  });

  it('is taken over: what it holds the other extends and releases, by the value', async () => {
    const one = redlock([server()]);
    const other = new TheirRedlock([client(server())]);
    const lock = await one.acquire(['handed'], 5000);
    const same = new theirs.Lock(other, lock.resources, lock.value, [], lock.expiration);
    const { value, expiration } = await same.extend(8000);
    await new ours.Lock(one, ['handed'], value, [], expiration).release();
    expect(await server().ask('EXISTS', 'handed')).toBe(0);
  });

  const CASES: readonly [string, (redlock: ours.Redlock, name: string) => Promise<unknown>][] = [
    [
      'a lock that is held',
      async (one, name) => {
        await one.acquire([name], 5000);
        return one.acquire([name], 5000, { retryCount: 2, retryDelay: 1, retryJitter: 1 });
      },
    ],
    [
      'several of which one is held',
      async (one, name) => {
        await one.acquire([name], 5000);
        return one.acquire([`${name}2`, name], 5000, AT_ONCE);
      },
    ],
    ['a broken duration', async (one, name) => one.acquire([name], 1.5)],
    [
      'an extension of what was extended',
      async (one, name) => {
        const lock = await one.acquire([name], 5000);
        await lock.extend(5000);
        return lock.extend(5000);
      },
    ],
    [
      'an extension of what was released',
      async (one, name) => {
        const lock = await one.acquire([name], 5000);
        await lock.release();
        return lock.extend(5000);
      },
    ],
    ['using without work', async (one, name) => one.using([name], 5000, {})],
    ['using with too short a duration', async (one, name) => one.using([name], 550, async () => 1)],
    [
      'using what is held',
      async (one, name) => {
        await one.acquire([name], 5000);
        return one.using([name], 5000, AT_ONCE, async () => 1);
      },
    ],
  ];

  it.each(CASES)('says the same of %s', async (what, run) => {
    const one = redlock([server()]);
    const other = new TheirRedlock([client(server())]);
    expect(await outcome(run(one, `ours ${what}`))).toEqual(await outcome(run(other, `theirs ${what}`)));
  });

  it('has what the module has', () => {
    expect(Object.keys(ours)).toEqual(expect.arrayContaining(Object.keys(theirs)));
    expect(new OurRedlock([client(server())]).settings).toEqual(new TheirRedlock([client(server())]).settings);
  });
});
