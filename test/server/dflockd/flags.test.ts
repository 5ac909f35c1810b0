import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LockValidationError } from '../../../src/contract/errors.js';
import { dflockdFlags } from '../../../src/server/dflockd/flags.js';
import { checkOptions } from '../../../src/server/dflockd/options.js';

const folder = mkdtempSync(join(tmpdir(), 'rxlock-flags-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('dflockdFlags', () => {
  it('understands every flag, in seconds', () => {
    const cert = file('cert.pem', 'CERT');
    const key = file('key.pem', 'KEY');
    const flags = {
      host: '0.0.0.0',
      port: '7000',
      'default-lease-ttl': '10',
      'read-timeout': '11',
      'write-timeout': '0',
      'gc-max-idle': '12',
      'max-locks': '13',
      'max-waiters': '14',
      'max-connections': '15',
      'max-subscriptions': '16',
      'max-per-address': '17',
      'max-places': '18',
      'max-listening': '19',
      'max-buffered': '20',
      'auto-release-on-disconnect': 'false',
      'auth-token': 'secret',
      'tls-cert': cert,
      'tls-key': key,
      'lease-sweep-interval': '1',
      'gc-interval': '1',
      'shutdown-timeout': '1',
      debug: 'true',
    };
    const expected = {
      host: '0.0.0.0',
      port: 7000,
      defaultLease: '10s',
      readTimeout: '11s',
      writeTimeout: '0s',
      idle: '12s',
      maxLocks: 13,
      maxWaiters: 14,
      maxConnections: 15,
      maxSubscriptions: 16,
      maxPerAddress: 17,
      maxPlaces: 18,
      maxListening: 19,
      maxBuffered: 20,
      autoRelease: false,
      auth: 'secret',
      tls: { cert: Buffer.from('CERT'), key: Buffer.from('KEY') },
    };
    const entries = Object.entries(flags);
    expect(
      dflockdFlags(
        entries.map(([flag, value]) => `--${flag}=${value}`),
        {},
      ),
    ).toEqual(expected);
    const apart = entries.filter(([flag]) => flag !== 'debug' && flag !== 'auto-release-on-disconnect');
    const words = [
      ...apart.flatMap(([flag, value]) => [`-${flag}`, value]),
      '--no-auto-release-on-disconnect',
      '--debug',
    ];
    expect(dflockdFlags(words, {})).toEqual(expected);
    expect(checkOptions(expected).front).toMatchObject({ defaultLease: 10_000, writeTimeout: Infinity });
  });

  it('takes what is missing from the environment', () => {
    const env = {
      DFLOCKD_HOST: '::1',
      DFLOCKD_PORT: '7001',
      DFLOCKD_DEFAULT_LEASE_TTL_S: '20',
      DFLOCKD_READ_TIMEOUT_S: '21',
      DFLOCKD_WRITE_TIMEOUT_S: '22',
      DFLOCKD_GC_MAX_UNUSED_TIME: '23',
      DFLOCKD_MAX_LOCKS: '24',
      DFLOCKD_MAX_WAITERS: '25',
      DFLOCKD_MAX_CONNECTIONS: '26',
      DFLOCKD_MAX_SUBSCRIPTIONS: '27',
      DFLOCKD_MAX_PER_ADDRESS: '28',
      DFLOCKD_MAX_PLACES: '29',
      DFLOCKD_MAX_LISTENING: '30',
      DFLOCKD_MAX_BUFFERED: '31',
      DFLOCKD_AUTO_RELEASE_ON_DISCONNECT: 'No',
      DFLOCKD_TLS_CERT: '',
      DFLOCKD_AUTH_TOKEN: 'from env',
    };
    expect(dflockdFlags(['--max-locks', '1'], env)).toEqual({
      host: '::1',
      port: 7001,
      defaultLease: '20s',
      readTimeout: '21s',
      writeTimeout: '22s',
      idle: '23s',
      maxLocks: 1,
      maxWaiters: 25,
      maxConnections: 26,
      maxSubscriptions: 27,
      maxPerAddress: 28,
      maxPlaces: 29,
      maxListening: 30,
      maxBuffered: 31,
      autoRelease: false,
      auth: 'from env',
    });
    expect(dflockdFlags([], {})).toEqual({});
  });

  it('looks for the token in the environment, the flag, the file of the flag, the file of the environment', () => {
    const [flagged, other] = [file('token', ' of the file \n'), file('other', 'of the other\n')];
    const env = { DFLOCKD_AUTH_TOKEN: 'of the environment', DFLOCKD_AUTH_TOKEN_FILE: other };
    const args = ['--auth-token', 'of the flag', '--auth-token-file', flagged];
    expect(dflockdFlags(args, env).auth).toBe('of the environment');
    expect(dflockdFlags(args, { ...env, DFLOCKD_AUTH_TOKEN: '' }).auth).toBe('of the flag');
    expect(dflockdFlags(args.slice(2), { DFLOCKD_AUTH_TOKEN_FILE: other }).auth).toBe('of the file');
    expect(dflockdFlags([], { DFLOCKD_AUTH_TOKEN_FILE: other }).auth).toBe('of the other');
    expect(dflockdFlags(['--auth-token-file', file('empty', '\n')], {})).toEqual({});
    expect(() => dflockdFlags(['--auth-token-file', join(folder, 'none')], {})).toThrow('ENOENT');
  });

  it.each([
    [['--port', 'x'], 'port'],
    [['--port', '-1'], 'flags'],
    [['--max-locks=1.5'], 'max-locks'],
    [['--read-timeout=5s'], 'read-timeout'],
    [['--auto-release-on-disconnect=maybe'], 'auto-release-on-disconnect'],
    [['--tls-cert=a.pem'], 'tls-key'],
    [['--tls-key=a.pem'], 'tls-cert'],
    [['--max-lock=3'], 'flags'],
    [['--port'], 'flags'],
    [['stray'], 'flags'],
  ])('refuses %j', (args, option) => {
    expect(() => dflockdFlags(args, {})).toThrow(expect.objectContaining({ option }) as LockValidationError);
  });

  it('repeats no secret', () => {
    for (const args of [
      ['--auth-tokn=hunter2'],
      ['--auth-tokn', 'hunter2'],
      ['--auth-token', 'a', 'hunter2'],
      ['--auth-token', '-hunter2'],
    ]) {
      let error: unknown;
      try {
        dflockdFlags(args, {});
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(LockValidationError);
      expect((error as Error).stack).not.toContain('hunter2');
      expect((error as Error).cause).toBeUndefined();
    }
  });
});
