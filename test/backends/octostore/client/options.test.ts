import { inspect } from 'node:util';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { octostore, type OctoStoreOptions } from '../../../../src/backends/octostore/index.js';
import { LockConfigError, LockValidationError } from '../../../../src/contract/errors.js';
import { TokenSource } from '../../../../src/backends/octostore/wire/token-source.js';
import { json, HttpServer } from '../../../support/http-server.js';
import { Client } from '../../../support/octostore-client.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';

const TOKEN = 'canary-token-4711';

describe('the options of octostore', () => {
  beforeEach(() => {
    vi.stubEnv('OCTOSTORE_TOKEN', undefined);
    vi.stubEnv('OCTOSTORE_BASE_URL', undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  const make = (options: OctoStoreOptions = {}) => octostore({ token: TOKEN, ...options });

  it('needs a token', () => {
    expect(() => octostore()).toThrow(LockConfigError);
    expect(() => octostore()).toThrow(/OCTOSTORE_TOKEN/);
    vi.stubEnv('OCTOSTORE_TOKEN', TOKEN);
    expect(octostore().name).toBe('octostore');
  });

  it.each(['', 'a b', 'a\nb', 'ü'])('refuses the token %j, which no header can carry', (token) => {
    expect(() => make({ token })).toThrow(LockConfigError);
  });

  it('does not show a bad token', () => {
    expect(() => make({ token: 'secret\n' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });

  it.each([
    'http://example.com',
    'http://10.0.0.1:3000',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
  ])('refuses %s, which is plain http to another machine', (baseUrl) => {
    expect(() => make({ baseUrl })).toThrow(LockConfigError);
    expect(() => make({ baseUrl })).toThrow(/allowInsecure/);
    expect(make({ baseUrl, allowInsecure: true }).name).toBe('octostore');
  });

  it.each([
    'http://localhost:3000',
    'http://127.0.0.1:3000',
    'http://127.8.8.8',
    'http://[::1]:3000',
    'https://example.com/octo',
  ])('takes %s', (baseUrl) => {
    expect(make({ baseUrl }).name).toBe('octostore');
  });

  it.each([
    'ftp://localhost',
    'nonsense',
    'https://user:canary@example.com',
    'https://example.com?x=canary',
    'https://example.com#canary',
  ])('refuses %s without repeating it', (baseUrl) => {
    expect(() => make({ baseUrl })).toThrow(LockConfigError);
    try {
      make({ baseUrl });
    } catch (error) {
      expect(inspect(error)).not.toContain('canary');
    }
  });

  it.each([
    [{ sessionTtl: '9s' }, 'sessionTtl'],
    [{ sessionTtl: '301s' }, 'sessionTtl'],
    [{ sessionTtl: '10.5s' }, 'sessionTtl'],
    [{ timeout: 5 }, 'timeout'],
    [{ timeout: 'soon' }, 'timeout'],
    [{ sesionTtl: '10s' } as OctoStoreOptions, 'sesionTtl'],
  ])('refuses %j, naming the option', (options, option) => {
    expect(() => make(options)).toThrow(LockValidationError);
    expect(() => make(options)).toThrow(expect.objectContaining({ option }));
  });

  it('says what it can do', () => {
    const { features, ttl, validateName } = make();
    expect(features).toEqual({
      fencing: true,
      fifo: false,
      push: true,
      semaphore: false,
      metadata: true,
      permits: false,
      shared: false,
      minHold: false,
    });
    expect(ttl).toEqual({ min: 1000, max: 3_600_000, step: 1000, unrenewed: 60_000 });
    expect(make({ sessionTtl: '90s' }).ttl?.unrenewed).toBe(90_000);
    expect(() => validateName?.('a/../b')).toThrow(LockValidationError);
  });

  it('puts the path of the base URL before its own', async () => {
    const http = await HttpServer.start((_, response) => json(response, 200, { status: 'ok' }));
    const client = new Client({ baseUrl: `${http.url}/octo/`, token: TOKEN });
    await new Promise((resolve, reject) =>
      client.backend.ping!().subscribe({ complete: () => resolve(0), error: reject }),
    );
    expect(http.seen).toMatchObject([
      { path: '/octo/health', token: undefined },
      { path: '/octo/locks/rxlock-ping', token: TOKEN },
    ]);
    await client.backend.close();
    await http.stop();
  });
});

describe('a token function that never answers', () => {
  /** Knows one token. */
  const serve = (): Promise<HttpServer> =>
    HttpServer.start(({ token }, response) => {
      if (token === TOKEN) json(response, 200, { name: 'a', status: 'free' });
      else json(response, 401, { code: 'authentication_failed' });
    });

  it('is called again by who asks when it has kept somebody waiting in vain', async () => {
    const http = await serve();
    let calls = 0;
    const token = (): Promise<string> => (++calls === 1 ? new Promise(() => undefined) : Promise.resolve(TOKEN));
    const client = new Client({ baseUrl: http.url, token, timeout: '150ms' });
    const first = await Promise.allSettled(['a', 'a'].map((name) => firstValueFrom(client.backend.status(name))));
    expect(first).toMatchObject([0, 1].map(() => ({ reason: { code: 'ERR_LOCK_NETWORK' } })));
    expect((first[0] as PromiseRejectedResult).reason.message).toContain('the function that gives the token');
    expect(calls).toBe(1);
    client.clock.advance(150);
    expect(await firstValueFrom(client.backend.status('a'))).toMatchObject({ status: 'free' });
    expect(calls).toBe(2);
    await client.backend.close();
    await http.stop();
  });

  it('is believed when it does at last, unless another call was quicker', async () => {
    const answers: ((token: string) => void)[] = [];
    const source = new TokenSource(() => new Promise((resolve) => answers.push(resolve)));
    const late = source.get({ at: 0, within: 10 });
    const quick = source.get({ at: 10, within: 10 });
    expect(source.get({ at: 11, within: 10 })).toBe(quick);
    answers[1]!('quick');
    expect(await quick).toBe('quick');
    answers[0]!('late');
    expect(await late).toBe('quick');
    expect(source.get({ at: 100, within: 10 })).toBe('quick');
  });
});

describeWithOctoStore('the token of octostore', (server) => {
  it('is read again after it was rotated elsewhere', async () => {
    let { bob: token } = server().tokens;
    const client = new Client({ baseUrl: server().url, token: async () => token });
    const { grant } = await client.acquire('rotation');
    const { json: rotated } = await server().ask('POST', '/auth/token/rotate', undefined, token);
    ({ token } = rotated as { readonly token: string });
    client.clock.advance(20_000);
    expect(await client.renew([grant])).toMatchObject([{ outcome: 'renewed' }]);
    expect(await client.release(grant)).toEqual(['released']);
    await client.backend.close();
  });

  it('is refused if there is no other', async () => {
    const client = new Client({ baseUrl: server().url, token: () => 'nobody' });
    const { error } = await client.ask('refusal').over();
    expect(error).toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION' });
    await client.backend.close();
  });

  it('cannot be read from a function that fails', async () => {
    const client = new Client({ baseUrl: server().url, token: () => Promise.reject(new Error('no vault')) });
    const { error } = await client.ask('failure').over();
    expect(error).toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION', cause: { message: 'no vault' } });
    await client.backend.close();
  });
});
