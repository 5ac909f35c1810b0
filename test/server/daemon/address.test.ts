import { describe, expect, it } from 'vitest';
import { readAddress, showAddress } from '../../../src/server/daemon/address.js';
import { isLoopback } from '../../../src/server/net/is-loopback.js';

describe('readAddress', () => {
  it.each([
    [80, '127.0.0.1:80'],
    ['80', '127.0.0.1:80'],
    ['0.0.0.0:80', '0.0.0.0:80'],
    ['locks.example.com:80', 'locks.example.com:80'],
    ['[::1]:80', '[::1]:80'],
    [{ port: 80 }, '127.0.0.1:80'],
    [{ host: '::', port: 0 }, '[::]:0'],
  ])('understands %j', (given, shown) => {
    expect(showAddress(readAddress(given, 'http'))).toBe(shown);
  });

  it.each(['', 'x', '1:2:3', '::1:80', '65536', '-1', 65_536, 1.5, { port: 'x' }, { host: '', port: 1 }, null, true])(
    'refuses %j by its name',
    (given) => {
      expect(() => readAddress(given as string, 'http')).toThrow(expect.objectContaining({ option: 'http' }));
    },
  );
});

describe('isLoopback', () => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['', '0.0.0.0', '::', '128.0.0.1', '10.0.0.1', 'localhost.example.com', '127.0.0.1.example.com', '::2'])(
    'is not %j',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
