import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as browser from '../../../../src/backends/octostore/index.browser.js';
import * as node from '../../../../src/backends/octostore/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import { LockConfigError, LockUnsupportedError, LockValidationError } from '../../../../src/contract/errors.js';

const ID = 'the-election';
const SERVER = 'http://127.0.0.1:9';

beforeEach(() => {
  vi.stubEnv('OCTOSTORE_TOKEN', undefined);
  vi.stubEnv('OCTOSTORE_BASE_URL', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

for (const [platform, { octostoreElection, createOctoStoreElection }] of Object.entries({ node, browser })) {
  describe(`octostoreElection for ${platform}: its options`, () => {
    it('needs neither a token nor a server of its own', () => {
      expect(octostoreElection({ id: ID })).toMatchObject({
        name: 'octostore-election',
        features: { fencing: true, push: true, metadata: true, fifo: false, semaphore: false },
        ttl: { min: 5000, max: 300_000, step: 1000 },
      });
    });

    it.each([
      [undefined, 'options'],
      [{}, 'id'],
      [{ id: 7 }, 'id'],
      [{ id: 'short12' }, 'id'],
      [{ id: 'x'.repeat(65) }, 'id'],
      [{ id: 'with.a.dot' }, 'id'],
      [{ id: 'with a space' }, 'id'],
      [{ id: '../../locks' }, 'id'],
      [{ id: 'grüße-aus' }, 'id'],
      [{ id: ID, token: 'x' }, 'token'],
      [{ id: ID, sessionTtl: '10s' }, 'sessionTtl'],
      [{ id: ID, timeout: '1ms' }, 'timeout'],
      [{ id: ID, timeout: -1 }, 'timeout'],
    ])('refuses %j and names the option', (options, option) => {
      const make = () => octostoreElection(options as never);
      expect(make).toThrow(LockValidationError);
      expect(make).toThrow(expect.objectContaining({ option }));
    });

    it('does not show what was given in place of an id', () => {
      expect(() => octostoreElection({ id: 'canary secret' })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('canary') as string }),
      );
    });

    it.each(['http://example.com', 'ftp://localhost', 'nowhere', 'http://anna:secret@localhost'])(
      'refuses the server %s',
      (baseUrl) => {
        expect(() => octostoreElection({ id: ID, baseUrl })).toThrow(LockConfigError);
      },
    );

    it('takes the server of the environment', () => {
      vi.stubEnv('OCTOSTORE_BASE_URL', 'http://example.com');
      expect(() => octostoreElection({ id: ID })).toThrow(LockConfigError);
      expect(octostoreElection({ id: ID, baseUrl: SERVER }).name).toBe('octostore-election');
    });

    it('has one lock, whose name is the id', async () => {
      const locks = createLocks(octostoreElection({ id: ID, baseUrl: SERVER }));
      expect(() => locks.lock$('another-election', '15s')).toThrow(LockValidationError);
      expect(() => locks.leader$('another-election', '15s')).toThrow(`'${ID}' itself`);
      expect(() => locks.lock$(ID, '15s')).not.toThrow();
      await locks.close();
    });

    it.each(['4s', '301s', '5500ms'])('refuses the ttl %s', async (ttl) => {
      const locks = createLocks(octostoreElection({ id: ID, baseUrl: SERVER }));
      expect(() => locks.lock$(ID, ttl)).toThrow(expect.objectContaining({ option: 'ttl' }));
      await locks.close();
    });

    it('has no semaphores', async () => {
      const locks = createLocks(octostoreElection({ id: ID, baseUrl: SERVER }));
      expect(() => locks.semaphore$(ID, 2, '15s')).toThrow(LockUnsupportedError);
      await locks.close();
    });

    it('belongs to one clock', async () => {
      const backend = octostoreElection({ id: ID, baseUrl: SERVER });
      const locks = createLocks(backend);
      const clock = { elapsed: () => 0, date: () => 0, monotonic: () => 0 };
      expect(() => createLocks(backend, { clock })).toThrow(LockConfigError);
      await locks.close();
    });
  });

  describe(`createOctoStoreElection for ${platform}: its options`, () => {
    it('rejects what is wrong, and names the option', async () => {
      await expect(createOctoStoreElection({ id: ID } as never)).rejects.toMatchObject({
        code: 'ERR_LOCK_VALIDATION',
        option: 'id',
      });
      await expect(createOctoStoreElection({ baseUrl: 'http://example.com' })).rejects.toBeInstanceOf(LockConfigError);
    });

    it('rejects where nobody listens', async () => {
      await expect(createOctoStoreElection({ baseUrl: SERVER })).rejects.toMatchObject({ code: 'ERR_LOCK_NETWORK' });
    });
  });
}
