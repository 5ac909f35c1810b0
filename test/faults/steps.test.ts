import { expect } from 'vitest';
import type { Duration } from '../../src/index.js';
import { until } from '../support/poll.js';
import { faultRows } from './support/fault-rows.js';
import { PATIENCE, type Followed, type Party } from './support/party.js';
import { TTL } from './support/scene.js';
import type { Stage } from './support/stage.js';

const LASTING = '120s';

/** Where the first contender has got to, and how the network goes on from there. */
interface Reached {
  readonly first: Followed;
  /** Lets through what was held; absent where nothing is. */
  readonly goOn?: () => void;
}

type Reach = (stage: Stage, holder: Party) => Promise<Reached>;
type Step = readonly [title: string, reach: Reach];

/** Which message to stop at. */
interface Stop {
  readonly text: string;
  readonly what: 'request' | 'reply';
  /** The first contender's; long by default, so that nothing is forgotten unnoticed until it runs out. */
  readonly ttl?: Duration;
}

/** The first contender with this message held on its way. Its release is sent by its leaving. */
function held({ text, what, ttl = LASTING }: Stop): Reach {
  return async (stage, holder) => {
    const { arrived, release } = stage.http.hold(text, what);
    const first = holder.follow(stage.name, ttl);
    if (text === '/release') (await first.told('acquired')).leave();
    await arrived;
    return { first, goOn: release };
  };
}

/** The first contender when replies to this message were lost. */
function lost(
  text: string,
  how: 'reset' | 'silence',
  { ttl = LASTING, times = 1 }: { readonly ttl?: Duration; readonly times?: number } = {},
): Reach {
  return async (stage, holder) => {
    const replies = Array.from({ length: times }, () => stage.http.loseReply(text, how));
    const first = holder.follow(stage.name, ttl);
    if (text === '/release') (await first.told('acquired')).leave();
    await Promise.all(replies);
    return { first };
  };
}

/** Under a session that is there already, because another lock hangs on it: it cannot simply be deleted. */
function besideAnother([title, reach]: Step): Step {
  return [
    `${title}, beside another lock`,
    async (stage, holder) => {
      await holder.follow(`${stage.name}-too`, '30s').told('acquired');
      return reach(stage, holder);
    },
  ];
}

/** Steps at which something is held on its way, which may go on at once, or when all is over. */
const HELD: readonly Step[] = [
  ['the acquire under way', held({ text: '/acquire', what: 'request' })],
  ['the grant on its way', held({ text: '/acquire', what: 'reply' })],
  ['a renewal under way', held({ text: '/renew', what: 'request', ttl: TTL })],
  ['a confirmation on its way', held({ text: '/renew', what: 'reply', ttl: TTL })],
  ['the release under way', held({ text: '/release', what: 'request' })],
  ['the confirmation of the release on its way', held({ text: '/release', what: 'reply' })],
];

const HELD_SESSION: readonly Step[] = [
  ['the request for a session under way', held({ text: 'POST /sessions', what: 'request' })],
  ['the session on its way', held({ text: 'POST /sessions', what: 'reply' })],
];

const LOST_SESSION: readonly Step[] = [
  ['the session lost by reset', lost('POST /sessions', 'reset')],
  ['the session lost in silence', lost('POST /sessions', 'silence')],
];

const OTHERS: readonly Step[] = [
  ['the grant lost by reset', lost('/acquire', 'reset')],
  ['the grant lost in silence', lost('/acquire', 'silence')],
  ['the grant lost by reset, twice', lost('/acquire', 'reset', { times: 2 })],
  ['the grant lost in silence, twice', lost('/acquire', 'silence', { times: 2 })],
  ['just granted', async (stage, holder) => ({ first: await holder.follow(stage.name, LASTING).told('acquired') })],
  ['a confirmation lost in silence', lost('/renew', 'silence', { ttl: TTL })],
  ['the confirmation of the release lost by reset', lost('/release', 'reset')],
  ['the confirmation of the release lost in silence', lost('/release', 'silence')],
];

/** The second holds the lock, by its own word and the server's, and nothing that is still to come takes it away. */
async function keeps(stage: Stage, holder: Party, second: Followed, first: Followed | undefined): Promise<void> {
  await second.told('acquired');
  // Longer than any clean-up of the first's is tried, as nothing fails any more.
  await second.told('renewed', 3);
  expect(second.count('lost')).toBe(0);
  const { status, fencing_token: token } = await stage.status();
  expect(status).toBe('held');
  expect(BigInt(token)).toBe(second.lease!.fencingToken);
  if (first?.lease !== undefined) expect(second.lease!.fencingToken).toBeGreaterThan(first.lease.fencingToken);
  expect(await stage.other().locks.tryAcquire(stage.name, '1s')).toBeNull();
  expect(holder.count('error')).toBe(0);
  second.leave();
  await until(async () => (await stage.status()).status === 'free', 'the release by the second', PATIENCE);
}

faultRows('left at some step, and wanted again at once by the same client', (row) => {
  row('before anything is sent', async (stage) => {
    const holder = stage.holder();
    holder.follow(stage.name, LASTING).leave();
    const second = holder.follow(stage.name, TTL);
    await keeps(stage, holder, second, undefined);
    expect(stage.http.those('POST /sessions')).toHaveLength(1);
  });

  const play = async (stage: Stage, reach: Reach, isLate: boolean): Promise<void> => {
    const holder = stage.holder();
    const { first, goOn } = await reach(stage, holder);
    first.leave();
    const second = holder.follow(stage.name, TTL);
    if (isLate) await second.told('acquired');
    goOn?.();
    await keeps(stage, holder, second, first);
  };
  const held = [...HELD_SESSION, ...HELD, ...HELD.map(besideAnother)];
  for (const [title, reach] of [...held, ...LOST_SESSION, ...OTHERS, ...OTHERS.map(besideAnother)]) {
    row(title, (stage) => play(stage, reach, false));
  }
  for (const [title, reach] of held) {
    row(`${title}; arrives when the second has it`, (stage) => play(stage, reach, true));
  }

  row('in the call that tells of the grant', async (stage) => {
    const holder = stage.holder();
    let second: Followed | undefined;
    const first = holder.follow(stage.name, LASTING, {}, () => {
      if (second !== undefined) return;
      first.leave();
      second = holder.follow(stage.name, TTL);
    });
    await until(() => second !== undefined, 'the grant', PATIENCE);
    await keeps(stage, holder, second!, first);
  });

  row('queued behind a holder of the same client', async (stage) => {
    const holder = stage.holder();
    const owner = await holder.follow(stage.name, LASTING).told('acquired');
    const first = await holder.follow(stage.name, TTL).told('waiting');
    first.leave();
    const second = holder.follow(stage.name, TTL);
    owner.leave();
    await keeps(stage, holder, second, owner);
  });

  row('waiting for another client', async (stage) => {
    const other = stage.other();
    const owner = await other.follow(stage.name, LASTING).told('acquired');
    const holder = stage.holder();
    const first = await holder.follow(stage.name, TTL).told('waiting');
    first.leave();
    const second = await holder.follow(stage.name, TTL).told('waiting');
    owner.leave();
    await keeps(stage, holder, second, owner);
  });

  row('lost, and contended for again', async (stage) => {
    const holder = stage.holder();
    const first = await holder.follow(stage.name, TTL).told('acquired');
    stage.wire.blackhole();
    await first.told('lost');
    const second = holder.follow(stage.name, TTL);
    await stage.wire.heal();
    await keeps(stage, holder, second, first);
  });
});
