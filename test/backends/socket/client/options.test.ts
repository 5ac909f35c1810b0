import { rootCertificates } from 'node:tls';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { socket as inBrowser } from '../../../../src/backends/socket/index.browser.js';
import { socket, type SocketOptions } from '../../../../src/backends/socket/index.js';
import { LockConfigError, LockValidationError } from '../../../../src/contract/errors.js';

const [CERTIFICATE = ''] = rootCertificates;
const NO_CERTIFICATE = '-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n';

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
    ['url', { url: null }],
    ['token', { token: '' }],
    ['token', { token: 'secret\n' }],
    ['token', { token: 'secret'.repeat(1000) }],
    ['timeout', { timeout: 1 }],
    ['timeout', { timeout: '2h' }],
    ['timeout', { timeout: null }],
    ['fencing', { fencing: 'secret' }],
    ['reconnect.count', { reconnect: { count: 3 } }],
    ['reconnect.initial', { reconnect: { initial: '10s' } }],
    ['protocols', { protocols: 'secret' }],
    ['protocols', { protocols: ['a secret'] }],
    ['protocols', { protocols: ['a', 'a'] }],
    ['protocols', { protocols: ['rxlock'] }],
    ['WebSocket', { WebSocket: {} }],
    ['headers', { headers: { 'x-secret\n': 'a' } }],
    ['headers', { headers: { a: 'secret\n' } }],
    ['headers', { headers: { a: 'secret ☂' } }],
    ['headers', { headers: new Map([['a', 'secret']]) }],
    ['headers', { headers: new Headers({ a: 'secret' }) }],
    ['headers', { headers: () => 'secret' }],
    ['headers', { WebSocket, headers: {} }],
    ['origin', { origin: 7 }],
    ['origin', { origin: '' }],
    ['origin', { origin: 'secret ☂' }],
    ['ca', { url: 'ws://host', ca: 'secret' }],
    ['ca', { url: 'wss://host', ca: [7] }],
    ['ca', { url: 'wss://host', ca: [] }],
    ['ca', { url: 'wss://host', ca: '' }],
    ['ca', { url: 'wss://host', ca: 'secret' }],
    ['ca', { url: 'wss://host', ca: [CERTIFICATE, 'secret'] }],
    ['ca', { url: 'wss://host', ca: `${CERTIFICATE}\n${NO_CERTIFICATE}` }],
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

  it('take one or more certificates in a text, and what stands before them', () => {
    const ca = [`# ours\n${CERTIFICATE}\n${CERTIFICATE}`, CERTIFICATE];
    expect(refused({ url: 'wss://host', ca })).toBeUndefined();
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
