import { describe, expect, it } from 'vitest';
import { dflockd, type DflockdOptions } from '../../../../src/backends/dflockd/index.js';
import { resolveSettings } from '../../../../src/backends/dflockd/client/settings.js';

function failureOf(options: unknown): unknown {
  try {
    dflockd(options as DflockdOptions);
  } catch (error) {
    return error;
  }
  throw new Error('the options were accepted');
}

describe('the options of dflockd', () => {
  it('have the documented defaults', () => {
    const { servers, auth, tls, times, semaphorePrefix } = resolveSettings({});
    expect({ servers, auth, tls, times, semaphorePrefix }).toEqual({
      servers: [{ host: '127.0.0.1', port: 6388 }],
      auth: undefined,
      tls: undefined,
      times: { connect: 5000, answer: 5000, read: 23_000 },
      semaphorePrefix: 'semaphore:',
    });
  });

  it('take several servers, in their order', () => {
    const servers = ['a.example', 'b.example:1', '[::1]:2', { host: 'c' }, { host: '::1', port: 3 }];
    expect(resolveSettings({ servers }).servers).toEqual([
      { host: 'a.example', port: 6388 },
      { host: 'b.example', port: 1 },
      { host: '::1', port: 2 },
      { host: 'c', port: 6388 },
      { host: '::1', port: 3 },
    ]);
  });

  it('read the token anew for each connection if it is a function', () => {
    let count = 0;
    const { auth } = resolveSettings({ auth: () => `token-${String(++count)}` });
    expect([auth?.(), auth?.()]).toEqual(['token-1', 'token-2']);
  });

  it.each([
    ['host', { host: '' }],
    ['host', { host: 'a b' }],
    ['host', { host: 'user@host' }],
    ['host', { host: '127.0.0.1:6388' }],
    ['host', { host: 'a:1' }],
    ['host', { host: '[::1]' }],
    ['port', { port: 0 }],
    ['port', { port: 65_536 }],
    ['port', { port: 1.5 }],
    ['port', { port: '6388' }],
    ['servers', { servers: [] }],
    ['servers', { servers: 'a:1' }],
    ['servers', { servers: ['a'], host: 'b' }],
    ['servers', { servers: ['a'], port: 1 }],
    ['servers[1]', { servers: ['a', 'b:c'] }],
    ['servers[0].port', { servers: ['a:99999'] }],
    ['servers[0]', { servers: [['127.0.0.1', 6388]] }],
    ['servers[0].host', { servers: [{ host: '' }] }],
    ['servers[0].name', { servers: [{ host: 'a', name: 'b' }] }],
    ['auth', { auth: '' }],
    ['auth', { auth: 17 }],
    ['auth', { auth: 'a\nb' }],
    ['auth', { auth: 'a\rb' }],
    ['auth', { auth: 'a\0b' }],
    ['auth', { auth: ' a' }],
    ['auth', { auth: 'x'.repeat(257) }],
    ['tls.servername', { tls: { servername: 'a' } }],
    ['tls.serverName', { tls: { serverName: 'a b' } }],
    ['readTimeout', { readTimeout: '500ms' }],
    ['readTimeout', { readTimeout: 'soon' }],
    ['connectTimeout', { connectTimeout: 0 }],
    ['timeout', { timeout: '1ms' }],
    ['semaphorePrefix', { semaphorePrefix: 'a b' }],
    ['semaphorePrefix', { semaphorePrefix: 'x'.repeat(65) }],
    ['server', { server: 'a' }],
  ])('name %s when it is wrong', (option, options) => {
    expect(failureOf(options)).toMatchObject({ option });
  });

  it.each([
    [{ host: '127.0.0.1:6388' }, 'host is neither a name nor an address; a port is an option of its own'],
    [{ port: '6388' }, 'port is not a number, but a string'],
    [{ servers: [['a', 1]] }, "servers[0] is a list; write 'host:port' or { host, port }"],
  ])('say what is wrong with %j', (options, message) => {
    expect(failureOf(options)).toMatchObject({ message });
  });

  it('never show what was given as the token', () => {
    const secret = 'very\nsecret';
    const error = failureOf({ auth: secret }) as Error;
    expect(error.message).not.toContain('secret');
    expect(JSON.stringify(error)).not.toContain('secret');
  });
});

describe('the names of dflockd', () => {
  it('are refused if they could break a line', () => {
    const backend = dflockd();
    const bad = [
      '',
      'a b',
      'a\tb',
      'a\nb',
      'a\rb',
      'a\0b',
      'a\u00a0b',
      'a\u2028b',
      '\ud800',
      'x'.repeat(257),
      'ü'.repeat(129),
    ];
    for (const name of bad) {
      expect(() => backend.validateName?.(name), JSON.stringify(name)).toThrow(
        expect.objectContaining({ code: 'ERR_LOCK_VALIDATION', option: 'name' }),
      );
    }
    for (const name of ['a', 'x'.repeat(256), 'ü'.repeat(128), 'a:b/c*>', '😀']) backend.validateName?.(name);
  });

  it('leave the prefix of the semaphores alone', () => {
    expect(() => dflockd().validateName?.('semaphore:a')).toThrow(expect.objectContaining({ option: 'name' }));
    dflockd({ semaphorePrefix: 'sem/' }).validateName?.('semaphore:a');
    dflockd({ semaphorePrefix: '' }).validateName?.('semaphore:a');
  });
});
