import type { SchedulerLike } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/contract/time.js';
import { LockConfigError, LockValidationError } from '../../../src/contract/errors.js';
import type { LockServerOptions } from '../../../src/server/daemon/options.js';
import { checkServerOptions } from '../../../src/server/daemon/settings.js';

const GOOD: LockServerOptions = { http: 80, ephemeral: true };

describe('checkServerOptions', () => {
  it('listens where it is told to, and nowhere else', () => {
    const { ports } = checkServerOptions({ ...GOOD, dflockd: false });
    expect([...ports]).toEqual([['http', { host: '127.0.0.1', port: 80 }]]);
  });

  it('keeps nothing, and waits until nobody can believe in what was before', () => {
    expect(checkServerOptions({ ...GOOD, maxTtl: '1m' })).toMatchObject({ opensAfter: 60_000, fencing: false });
    const embedded = checkServerOptions({ ...GOOD, ephemeral: { wait: false, fencing: true } });
    expect(embedded).toMatchObject({ opensAfter: 0, fencing: true });
  });

  it('keeps what is locked, and waits for nobody', () => {
    expect(checkServerOptions({ http: 80, data: '/x' })).toMatchObject({ data: '/x', opensAfter: 0, fencing: true });
  });

  it.each<[LockServerOptions, string]>([
    [{ ...GOOD, http: 'x' }, 'http'],
    [{ ...GOOD, maxTtl: '999ms' }, 'maxTtl'],
    [{ ...GOOD, maxTtl: 60 }, 'maxTtl'],
    [{ ...GOOD, lockDelay: 'x' }, 'lockDelay'],
    [{ ...GOOD, logLevel: 'loud' as 'info' }, 'logLevel'],
    [{ ...GOOD, log: 'x' as unknown as () => void }, 'log'],
    [{ ...GOOD, insecure: 'yes' as unknown as boolean }, 'insecure'],
    [{ ...GOOD, limits: { frames: 1 } as object }, 'limits.frames'],
    [{ ...GOOD, ephemeral: { waits: true } as object }, 'ephemeral.waits'],
    [{ ...GOOD, data: '' }, 'data'],
    [{ ...GOOD, clock: {} as Clock }, 'clock'],
    [{ ...GOOD, clock: 5 as unknown as Clock }, 'clock'],
    [{ ...GOOD, scheduler: {} as SchedulerLike }, 'scheduler'],
    [{ ...GOOD, scheduler: null as unknown as SchedulerLike }, 'scheduler'],
    [{ ...GOOD, randomBytes: 5 as unknown as () => Buffer }, 'randomBytes'],
    [{ ...GOOD, htp: 1 } as LockServerOptions, 'htp'],
  ])('refuses %j by its name', (options, option) => {
    expect(() => checkServerOptions(options)).toThrow(LockValidationError);
    expect(() => checkServerOptions(options)).toThrow(expect.objectContaining({ option }));
  });

  it.each<[LockServerOptions, string]>([
    [{ ephemeral: true }, 'at least one of'],
    [{ http: 80 }, 'data must be a directory'],
    [{ http: 80, data: '/x', ephemeral: true }, 'cannot go together'],
  ])('refuses %j, and says what to do', (options, told) => {
    expect(() => checkServerOptions(options)).toThrow(LockConfigError);
    expect(() => checkServerOptions(options)).toThrow(told);
  });

  describe('of a public address', () => {
    const open: LockServerOptions = { ephemeral: true, dflockd: '0.0.0.0:80' };
    const tls = { cert: 'x', key: 'y' };
    it('demands tokens, whatever else there is', () => {
      for (const options of [open, { ...open, tls }, { ...open, insecure: true }, { ...open, tls, insecure: true }]) {
        expect(() => checkServerOptions(options)).toThrow(/dflockd at 0\.0\.0\.0:80 .* needs tokens/);
      }
    });

    it('demands a certificate, or that somebody says that he needs none', () => {
      expect(() => checkServerOptions({ ...open, tokens: { a: 'b' } })).toThrow(/needs a certificate/);
      expect(checkServerOptions({ ...open, tokens: { a: 'b' }, tls }).ports.size).toBe(1);
      expect(checkServerOptions({ ...open, tokenFile: 'f', insecure: true }).ports.size).toBe(1);
    });

    it('counts that of the metrics', () => {
      expect(() => checkServerOptions({ ...GOOD, metrics: '0.0.0.0:81' })).toThrow(/metrics at 0\.0\.0\.0:81/);
    });
  });
});
