import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { socket as inBrowser } from '../../../../src/backends/socket/index.browser.js';
import { socket, type SocketOptions } from '../../../../src/backends/socket/index.js';
import { LockConfigError, LockValidationError } from '../../../../src/contract/errors.js';

const refused = (options: unknown, make = socket): unknown => {
  try {
    make(options as SocketOptions);
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('the options of socket()', () => {
  it.each<[option: string, options: object]>([
    ['url', { url: 'http://host' }],
    ['url', { url: 'ws://user:secret@host' }],
    ['url', { url: 'ws://host/?token=secret' }],
    ['url', { url: 'ws://host/#secret' }],
    ['url', { url: 'secret' }],
    ['url', { url: 7 }],
    ['token', { token: '' }],
    ['token', { token: 'secret\n' }],
    ['token', { token: 'secret'.repeat(1000) }],
    ['timeout', { timeout: 1 }],
    ['timeout', { timeout: '2h' }],
    ['fencing', { fencing: 'secret' }],
    ['reconnect.count', { reconnect: { count: 3 } }],
    ['reconnect.initial', { reconnect: { initial: '10s' } }],
    ['protocols', { protocols: 'secret' }],
    ['protocols', { protocols: ['a secret'] }],
    ['protocols', { protocols: ['a', 'a'] }],
    ['WebSocket', { WebSocket: {} }],
    ['headers', { headers: { 'x-secret\n': 'a' } }],
    ['headers', { headers: { a: 'secret\n' } }],
    ['headers', { WebSocket, headers: {} }],
    ['origin', { origin: 7 }],
    ['ca', { url: 'ws://host', ca: 'secret' }],
    ['ca', { url: 'wss://host', ca: [7] }],
    ['secre', { secre: 1 }],
  ])('%s is refused in %j', (option, options) => {
    const error = refused(options);
    expect(error).toBeInstanceOf(LockValidationError);
    expect(error).toMatchObject({ option });
    if (option !== 'secre') expect((error as Error).message).not.toContain('secret');
  });

  it('may all be left out, and are shown to nobody', () => {
    const backend = socket({ token: 'secret', headers: { authorization: 'secret' } });
    expect(inspect(backend, { depth: 20, showHidden: true })).not.toContain('secret');
    expect(socket().ttl).toEqual({ min: 1000, max: 3_600_000, step: 1 });
  });

  it('of Node are refused in a browser, which has a WebSocket of its own', () => {
    for (const options of [{ headers: {} }, { origin: 'a' }, { url: 'wss://host', ca: 'a' }]) {
      expect(refused(options, inBrowser)).toBeInstanceOf(LockConfigError);
    }
    expect(inBrowser({ WebSocket }).name).toBe('socket');
  });
});

/** Node 20 has none. */
class WebSocket {
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  send(): void {
    // Nobody listens.
  }
  close(): void {
    // It was never open.
  }
}
