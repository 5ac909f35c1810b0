import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { octostore } from '../../../../src/backends/octostore/index.browser.js';
import type { LockEvent } from '../../../../src/contract/lease.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { Time } from '../../../support/virtual.js';

/** Where a page finds no server, or none that allows it: it is told nothing but this. */
function forbidden(): Promise<never> {
  return Promise.reject(new TypeError('Failed to fetch'));
}

describe('octostore where something is missing that it needs', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it.each(['fetch', 'AbortController', 'TextDecoder'])('is an error at once, without %s', (name) => {
    vi.stubGlobal(name, undefined);
    expect(() => octostore({ baseUrl: 'https://locks.example', token: 'secret' })).toThrow(
      expect.objectContaining({
        code: 'ERR_LOCK_CONFIG',
        message: expect.stringContaining(`needs ${name},`) as unknown,
      }),
    );
  });
});

describe('octostore in a page of a browser, where every request fails', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  /** One who waits for a lock, for so long. */
  const wait = async (seconds: number) => {
    const fetched = vi.fn(forbidden);
    vi.stubGlobal('fetch', fetched);
    const time = new Time();
    const backend = octostore({ baseUrl: 'https://locks.example', token: 'secret' });
    const locks = createLocks(backend, { scheduler: time, random: () => 0.5 });
    const events: LockEvent[] = [];
    const waiting = locks.lock$('a', '30s').subscribe((event) => events.push(event));
    for (let i = 0; i < seconds * 20; i++) {
      await nextTurn();
      time.advance(50);
    }
    waiting.unsubscribe();
    return { fetched, events };
  };

  it('says what is likely: the server does not allow the page', async () => {
    vi.stubGlobal('location', { origin: 'https://app.example' });
    const { events } = await wait(1);
    const [{ cause }] = events as [LockEvent & { readonly cause: Error }];
    expect(cause).toMatchObject({ name: 'LockNetworkError' });
    expect(cause.message).toContain('does not allow pages of https://app.example, which is called CORS');
    expect(cause.message).toContain('could not be asked to open a session');
  });

  it('asks less and less often', async () => {
    vi.stubGlobal('location', { origin: 'https://app.example' });
    const { fetched } = await wait(20);
    expect(fetched.mock.calls.length).toBeGreaterThan(10);
    expect(fetched.mock.calls.length).toBeLessThan(40);
  });

  it('says nothing of pages where there are none', async () => {
    const { events } = await wait(1);
    const [{ cause }] = events as [LockEvent & { readonly cause: Error }];
    expect(cause.message).not.toContain('CORS');
  });
});
