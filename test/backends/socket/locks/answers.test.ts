import { inspect } from 'node:util';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  LockAuthenticationError,
  LockCapacityError,
  LockConfigError,
  LockNetworkError,
  LockUnsupportedError,
  LockValidationError,
} from '../../../../src/contract/errors.js';
import { until } from '../../../support/poll.js';
import { withServer } from '../support/with-server.js';

describe('a server', () => {
  const scene = withServer();

  it('that grants twice has granted once', async () => {
    const client = scene.client();
    scene.server.on('acquire', ({ id }) => {
      const granted = scene.server.granted(id);
      return [granted, granted];
    });
    const attempt = await client.ask('a').over();
    expect(attempt.types).toEqual(['granted']);
    expect(attempt.strays).toEqual([]);
    await client.isHeld('a');
    expect(scene.server.lines).toHaveLength(1);
  });

  it('that grants to who has left is told that he has left', async () => {
    const client = scene.client();
    scene.server.on('acquire', () => []);
    const attempt = client.ask('a');
    await until(() => scene.server.lines[0]?.all('acquire').length === 1);
    attempt.leave();
    scene.server.line.say(scene.server.granted(1));
    await until(() => scene.server.line.all('leave').length === 1, 'a leave');
    expect(scene.server.line.all('leave')).toMatchObject([{ lock: 1 }]);
    const { grant } = (scene.server.off('acquire'), await client.acquire('b'));
    await client.renew([grant]);
    expect(scene.server.line.all('alive').at(-1)).toMatchObject({ news: 2, count: 1 });
  });

  it('is told nothing of who leaves before he was asked for', async () => {
    const client = scene.client();
    client.ask('a').leave();
    await client.isHeld('b');
    expect(scene.server.line.said.map(({ type }) => type)).toEqual(['hello', 'status']);
  });

  it('that never answers a request has failed, and is told that nobody waits for it', async () => {
    const client = scene.client({ timeout: 200 });
    scene.server.on('acquire', () => []);
    const beating = setInterval(() => scene.server.lines[0]?.say({ type: 'tick' }), 20);
    try {
      const { error } = await client.ask('a').over();
      expect(error).toBeInstanceOf(LockNetworkError);
      expect(String(error)).toContain('did not answer within 200 ms');
    } finally {
      clearInterval(beating);
    }
    await until(() => scene.server.line.all('leave').length === 1, 'a leave');
    expect(scene.server.lines).toHaveLength(1);
  });

  it('that says nothing at all is left for another connection', async () => {
    const client = scene.client({ timeout: 100 });
    scene.server.on('acquire', (_, line) => {
      line.isSilent = true;
      return [];
    });
    await until(() => scene.server.lines.length === 0);
    const attempt = client.ask('a');
    await until(() => scene.server.lines.length === 2, 'another connection');
    attempt.leave();
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['no array', '{}'],
    ['an empty frame', '[]'],
    ['a message without a type', '[{}]'],
    ['a grant without a token', '[{"type":"granted","id":1,"news":1}]'],
    ['a grant whose token is a text', '[{"type":"granted","id":1,"token":"1","news":1}]'],
    ['an answer to what was never asked', '[{"type":"done","id":99}]'],
    ['another kind of answer', '[{"type":"detached","id":1,"secret":"secret"}]'],
    ['another welcome', '[{"type":"welcome","version":1}]'],
  ])('that says %s is left, and shows nothing of it', async (_, text) => {
    const client = scene.client();
    scene.server.on('acquire', () => {
      scene.server.off('acquire');
      return text;
    });
    scene.server.on('settle', ({ id }) => [
      { type: 'error', id: 1, code: 'gone', message: 'unknown' },
      { type: 'done', id },
    ]);
    const attempt = client.ask('a');
    expect((await attempt.over()).types).toEqual(['granted']);
  });

  it('that says something before its welcome is left', async () => {
    const client = scene.client();
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const waiting = client.ask('a');
    await until(() => waiting.types.length === 1);
    let hellos = 0;
    scene.server.on('hello', () => (hellos++ === 0 ? [scene.server.granted(1)] : undefined));
    scene.server.line.cut();
    await until(() => scene.server.lines.length === 3, 'a third connection');
    await until(() => scene.server.line.all('settle').length === 1);
    expect(waiting.types).toEqual(['queued']);
    expect(scene.server.line.all('settle')).toMatchObject([{ holds: [], wants: [1] }]);
    waiting.leave();
  });

  it('may say what is not known here', async () => {
    const client = scene.client();
    scene.server.on('acquire', ({ id }) =>
      JSON.stringify([{ type: 'weather' }, { ...scene.server.granted(id), sky: 'blue' }]),
    );
    expect((await client.ask('a').over()).types).toEqual(['granted']);
    expect(scene.server.lines).toHaveLength(1);
  });

  it('that speaks binary is left', async () => {
    const client = scene.client();
    await client.acquire('a');
    scene.server.line.socket.send(Buffer.from('[{"type":"tick"}]'));
    await until(() => scene.server.lines.length > 1, 'another connection');
  });

  it.each([
    ['invalid', LockValidationError],
    ['limit-mismatch', LockValidationError],
    ['limit', LockCapacityError],
    ['storage', LockCapacityError],
    ['closing', LockNetworkError],
    ['gone', LockNetworkError],
  ] as const)('that refuses with %s', async (code, kind) => {
    const client = scene.client();
    scene.server.on('acquire', ({ id }) => [{ type: 'error', id, code, message: 'since\nI say so', retryAfter: 7 }]);
    const { error } = await client.ask('a').over();
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain('since\\nI say so');
  });

  it.each([
    ['lock', {}],
    ['semaphore', { limit: 2 }],
  ] as const)('that cannot do something with a %s is told of with its name', async (kind, asked) => {
    const client = scene.client();
    const { grant } = await client.acquire('a', asked);
    const messages: unknown[] = [];
    const note = (error: unknown): void => {
      messages.push((error as Error).message);
    };
    for (const type of ['acquire', 'ttl', 'release', 'detach', 'adopt'] as const) {
      scene.server.on(type, ({ id }) => [{ type: 'error', id, code: 'storage', message: 'full' }]);
    }
    note((await client.ask('a', asked).over()).error);
    for (const renewal of await client.renew([grant], 40_000)) note((renewal as { cause?: unknown }).cause);
    await lastValueFrom(client.backend.detach!(grant)).catch(note);
    const request = { name: 'a', ttl: 30_000, wait: false, holder: 'me', stray: () => undefined, ...asked };
    await lastValueFrom(client.backend.adopt!('a', 'secret', request)).catch(note);
    for (const { cause } of await lastValueFrom(client.backend.release([grant], [0]).pipe(toArray()))) note(cause);
    const verbs = ['acquire', 'renew', 'let go of', 'adopt', 'release'];
    const where = `the server at 127.0.0.1:${String(scene.server.port)}`;
    expect(messages).toEqual(verbs.map((verb) => `${where} could not ${verb} the ${kind} "a": full`));
    scene.server.off('release');
    await client.release(grant);
    await lastValueFrom(client.backend.detach!(grant)).catch(note);
    expect(messages.at(-1)).toBe(`the ${kind} "a" is not held, or was handed on before`);
  });

  it('may say why at some length, but not as long as it likes', async () => {
    const client = scene.client();
    const text = 'this cannot be done, and the most useful part of why not comes last';
    scene.server.on('acquire', ({ id }) => [{ type: 'error', id, code: 'storage', message: text }]);
    expect(String((await client.ask('a').over()).error)).toMatch(new RegExp(`${text}$`));
    scene.server.on('acquire', ({ id }) => [{ type: 'error', id, code: 'storage', message: text.repeat(9) }]);
    expect(String((await client.ask('a').over()).error).length).toBeLessThan(300);
  });

  it.each([
    ['auth', LockAuthenticationError],
    ['version', LockUnsupportedError],
    ['limit', LockCapacityError],
    ['closing', LockNetworkError],
  ] as const)('that turns us away with %s', async (code, kind) => {
    const client = scene.client({ token: 'a-secret' });
    scene.server.on('hello', () => [{ type: 'refused', code, message: 'no', versions: [1] }]);
    const { error } = await client.ask('a').over();
    expect(error).toBeInstanceOf(kind);
    expect(inspect(error, { depth: 9 })).not.toContain('a-secret');
  });

  it('without fencing tokens is refused, unless that is said', async () => {
    scene.server.fencing = false;
    scene.server.on('acquire', ({ id }) => [{ type: 'granted', id, news: 1 }]);
    const { error } = await scene.client().ask('a').over();
    expect(error).toBeInstanceOf(LockConfigError);
    const other = scene.client({ fencing: false });
    expect(other.backend.features.fencing).toBe(false);
    expect((await other.acquire('a')).grant.fencingToken).toBeUndefined();
  });

  it('tells where we are in its queue', async () => {
    const client = scene.client();
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 2, holder: 'other', expiresIn: 1000 }]);
    const attempt = client.ask('a');
    await until(() => attempt.types.length === 1);
    scene.server.line.say({ type: 'position', id: 1, position: 1 });
    await until(() => attempt.types.length === 2);
    const before = client.clock.elapsed();
    scene.server.line.say(scene.server.granted(1));
    const { bounds } = await attempt.granted();
    expect(attempt.signals).toMatchObject([
      { type: 'queued', position: 2, holder: 'other' },
      { type: 'queued', position: 1 },
      { type: 'granted' },
    ]);
    // It was in the queue when that was answered; it may have been granted right after.
    expect(bounds[0].sentAt).toBeLessThan(before);
  });

  it('counts a grant after a wait from the newest keep-alive that it answered before', async () => {
    const client = scene.client();
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const attempt = client.ask('a');
    await until(() => attempt.types.length === 1);
    const since = client.clock.elapsed();
    scene.server.line.say({ type: 'tick' });
    await until(() => scene.server.line.all('alive').length === 1);
    await client.isHeld('b');
    const until_ = client.clock.elapsed();
    scene.server.line.say(scene.server.granted(1));
    const { bounds } = await attempt.granted();
    expect(bounds[0].sentAt).toBeGreaterThanOrEqual(since);
    expect(bounds[0].sentAt).toBeLessThanOrEqual(until_);
  });

  it('is asked again by who has run out in its queue', async () => {
    const client = scene.client();
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const attempt = client.ask('a');
    await until(() => attempt.types.length === 1);
    scene.server.off('acquire');
    scene.server.line.say({ type: 'error', id: 1, code: 'gone', message: 'too late' });
    await attempt.granted();
    expect(scene.server.line.all('acquire').map(({ id }) => id)).toEqual([1, 2]);
  });

  it('says that a lock is lost', async () => {
    const client = scene.client();
    const [a] = [await client.acquire('a'), await client.acquire('b'), await client.acquire('c')];
    scene.server.line.say(scene.server.lost(1), scene.server.lost(2, 'expired'), scene.server.lost(3, 'gone'));
    await until(() => client.revocations.length === 3);
    expect(client.lost).toEqual(['a: revoked', 'b: expired', 'c: refused']);
    expect(await client.release(a.grant)).toEqual(['gone']);
    expect(await client.renew([a.grant])).toMatchObject([{ outcome: 'refused' }]);
  });
});
