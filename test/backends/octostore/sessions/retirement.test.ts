import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LockBackend } from '../../../../src/contract/backend.js';
import type { HttpFaults, Passage } from '../../../support/http-faults.js';
import { anyName, Attempt, type Client } from '../../../support/octostore-client.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';
import { until } from '../../../support/poll.js';
import type { Time } from '../../../support/virtual.js';
import { RetiringScene, TIMEOUT } from '../support/retiring-scene.js';

const TTL = 30_000;

describeWithOctoStore('a session of octostore under which something may have been granted unseen', (server) => {
  let faults: HttpFaults;
  let time: Time;
  let backend: LockBackend;
  let other: Client;
  let name: string;
  let scene: RetiringScene;
  beforeEach(async () => {
    scene = await RetiringScene.start(server());
    ({ faults, time, backend, other, name } = scene);
  });
  afterEach(() => scene.stop());
  const pathOf = (lock: string): string => `/locks/${encodeURIComponent(lock)}`;
  const ask = (lock: string): Attempt => new Attempt(backend, { name: lock, ttl: TTL, wait: true });
  const looks = (): readonly Passage[] => faults.those(`GET ${pathOf(name)}`);
  const ends = (): readonly Passage[] => faults.those('DELETE /sessions/');
  /** Until what was asked is answered, and the client has made of it what it makes. */
  const answered = async (passages: () => readonly Passage[], count: number): Promise<void> => {
    await until(() => {
      time.turn();
      const last = passages()[count - 1];
      return last?.answeredAt !== undefined;
    }, 'an answer');
    // What is left is the time of the next look: the time limit of the request is gone.
    await until(() => time.actions.every(({ delay }) => delay > time.now() + TIMEOUT), 'the end of the request');
  };
  /** Nothing more is asked within so many milliseconds. */
  const quiet = async (ms: number, passages: () => readonly Passage[]): Promise<void> => {
    const before = passages().length;
    time.advance(ms);
    // What was sent by then has come by before this.
    await firstValueFrom(backend.status(anyName()));
    expect(passages()).toHaveLength(before);
  };
  /** An attempt whose two requests hang on their way until they are released. */
  const hang = async (): Promise<readonly { release(): void }[]> => {
    const first = faults.hold(`${pathOf(name)}/acquire`);
    const attempt = ask(name);
    await first.arrived;
    const second = faults.hold(`${pathOf(name)}/acquire`);
    time.advance(TIMEOUT);
    await second.arrived;
    time.advance(TIMEOUT / 2);
    expect((await attempt.over()).error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
    return [first, second];
  };

  it('gives back what is granted late, though another lock hangs on it', async () => {
    await ask(anyName()).granted();
    const hanging = await hang();
    await answered(looks, 1);
    for (const request of hanging) request.release();
    await until(() => other.isHeld(name), 'the late grant');
    await quiet(4900, looks);
    time.advance(100);
    await until(async () => !(await other.isHeld(name)), 'the release');
    expect(ends()).toHaveLength(0);
  });

  it('is looked after for as long as that may be, and takes nothing from others meanwhile', async () => {
    await ask(anyName()).granted();
    await hang();
    for (let round = 1; round <= 6; round++) {
      await answered(looks, round);
      expect(looks()).toHaveLength(round);
      time.advance(5000);
    }
    time.advance(20_000);
    // Those that hang.
    expect(faults.those(`POST ${pathOf(name)}`)).toHaveLength(2);
    expect(time.actions).toHaveLength(0);
  });

  it('ends as soon as nothing hangs on it any more', async () => {
    const { grant } = await ask(anyName()).granted();
    await hang();
    await answered(looks, 1);
    backend.release([grant], [0]).subscribe();
    await answered(ends, 1);
    expect(looks()).toHaveLength(1);
  });

  it.each([
    ['to end it', (): string => 'DELETE /sessions/', false],
    ['for the state of a lock', (): string => `GET ${pathOf(name)}`, true],
  ] as const)('is left alone for as long as the service demands when asked %s', async (_, textOf, isHeld) => {
    const text = textOf();
    if (isHeld) await ask(anyName()).granted();
    const body = JSON.stringify({ error: 'slow down', code: 'rate_limited', retry_after_ms: 12_000 });
    faults.answer(text, { status: 429, body }, 1);
    const passages = (): readonly Passage[] => faults.those(text);
    await hang();
    await answered(passages, 1);
    await quiet(11_900, passages);
    time.advance(100);
    await answered(passages, 2);
  });
});
