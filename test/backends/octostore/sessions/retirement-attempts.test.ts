import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LockBackend } from '../../../../src/contract/backend.js';
import type { HttpFaults, Passage } from '../../../support/http-faults.js';
import { anyName, Attempt, type Client } from '../../../support/octostore-client.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';
import { until } from '../../../support/poll.js';
import type { Time } from '../../../support/virtual.js';
import { RetiringScene, TIMEOUT } from '../support/retiring-scene.js';

const SESSION = 30_000;

describeWithOctoStore('an attempt under a session of octostore that is retired meanwhile', (server) => {
  let faults: HttpFaults;
  let time: Time;
  let backend: LockBackend;
  let other: Client;
  let name: string;
  let scene: RetiringScene;
  beforeEach(async () => {
    scene = await RetiringScene.start(server(), { sessionTtl: SESSION });
    ({ faults, time, backend, other, name } = scene);
  });
  afterEach(() => scene.stop());
  const acquireOf = (lock: string): string => `/locks/${encodeURIComponent(lock)}/acquire`;
  const ask = (lock: string): Attempt => new Attempt(backend, { name: lock, ttl: 60_000, wait: true });
  const ends = (): readonly Passage[] => faults.those('DELETE /sessions/');
  /** An attempt for another lock, neither of whose requests is answered: what follows its end is left to the caller. */
  const hang = async (): Promise<() => Promise<void>> => {
    const lock = anyName();
    const first = faults.hold(acquireOf(lock));
    const attempt = ask(lock);
    await first.arrived;
    const second = faults.hold(acquireOf(lock));
    time.advance(TIMEOUT);
    await second.arrived;
    return async () => {
      time.advance(TIMEOUT / 2);
      expect((await attempt.over()).error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
      time.turn();
    };
  };

  it('is granted what nobody else is granted: the session is not ended before it is answered, nor while it holds', async () => {
    const fail = await hang();
    const answer = faults.hold(acquireOf(name), 'reply');
    const attempt = ask(name);
    await answer.arrived;
    await fail();
    // Under suspicion, it is asked about; or, wrongly, ended.
    await until(() => {
      time.turn();
      return faults.seen.some(({ line, answeredAt }) => /^GET |^DELETE /.test(line) && answeredAt !== undefined);
    }, 'a look at the session');
    answer.release();
    const { grant } = await attempt.granted();
    expect(await other.isHeld(name)).toBe(true);
    expect(ends()).toHaveLength(0);
    backend.release([grant], [0]).subscribe();
    await until(() => {
      time.turn();
      return ends().length > 0;
    }, 'the end of the session');
  });

  it('has the session ended as soon as it is refused', async () => {
    await other.acquire(name);
    const { grant } = await ask(anyName()).granted();
    const release = faults.hold('/release');
    let outcome: string | undefined;
    backend.release([grant], [0]).subscribe((released) => {
      outcome = released.outcome;
    });
    await release.arrived;
    time.advance(TIMEOUT / 2);
    const answer = faults.hold(acquireOf(name), 'reply');
    const attempt = ask(name);
    await answer.arrived;
    time.advance(TIMEOUT / 2);
    await until(() => outcome === 'unknown', 'the end of the release');
    time.turn();
    expect(ends()).toHaveLength(0);
    answer.release();
    await attempt.over();
    expect(attempt.types).toEqual(['held']);
    await until(() => {
      time.turn();
      return ends().length > 0;
    }, 'the end of the session');
  });

  it('takes another session if it was retired while it was being confirmed', async () => {
    const { grant } = await ask(anyName()).granted();
    let isReleased = false;
    backend.release([grant], [0]).subscribe({ complete: () => (isReleased = true) });
    await until(() => isReleased, 'the release');
    time.advance(SESSION / 3 - TIMEOUT);
    const fail = await hang();
    const answer = faults.hold('/keepalive', 'reply');
    const attempt = ask(name);
    await answer.arrived;
    const end = faults.hold('DELETE /sessions/');
    await fail();
    await end.arrived;
    answer.release();
    await attempt.granted();
    end.release();
    await until(() => ends()[0]?.answeredAt !== undefined, 'the end of the session');
    expect(await other.isHeld(name)).toBe(true);
    expect(faults.those('POST /sessions').filter(({ line }) => line.endsWith('/sessions'))).toHaveLength(2);
  });
});
