import { parseDuration } from '../../../values/duration.js';
import { invalid } from '../../../values/invalid.js';
import { refuseUnknown } from '../../../values/refuse-unknown.js';
import { utf8Length } from '../../../values/utf8-length.js';
import {
  DEFAULT_MAX_TTL,
  DEFAULT_PLAIN_PREFIX,
  DEFAULT_PREFIX,
  DEFAULT_TIMEOUT,
  type PlainRedisOptions,
  type QuorumRedisOptions,
  type RedisOptions,
} from './options.js';

const OPTIONS: ReadonlySet<string> = new Set([
  'keys',
  'prefix',
  'timeout',
  'slot',
  'lockDelay',
  'replicas',
  'coldStart',
  'maxTtl',
  'tracking',
]);
const PLAIN_OPTIONS: ReadonlySet<string> = new Set(['keys', 'prefix', 'timeout', 'replicas', 'maxTtl']);
const QUORUM_OPTIONS: ReadonlySet<string> = new Set(['prefix', 'timeout', 'maxTtl']);
const MIN_TIMEOUT = 10;
/** The shortest ttl of a lock. Milliseconds. */
export const MIN_TTL = 1000;
const DAY = 86_400_000;
const MAX_TEXT = 128;
const UNFIT = /[\p{Cc}\p{Surrogate}{}]/u;

/** {@link RedisOptions} after validation. All times in milliseconds. */
export interface Settings {
  readonly prefix: string;
  readonly timeout: number;
  readonly slot: string | undefined;
  readonly lockDelay: number;
  readonly replicas: number;
  readonly coldStart: 'grant' | 'wait';
  readonly maxTtl: number;
  readonly tracking: boolean;
}

/** @throws LockConfigError, LockValidationError naming the option. */
export function resolveSettings(options: RedisOptions): Settings {
  refuseUnknown(options, OPTIONS);
  const { prefix = DEFAULT_PREFIX, slot, coldStart = 'grant', keys = 'rxlock' } = options;
  const { lockDelay = 0, tracking = false } = options;
  if (keys !== 'rxlock') throw invalid('keys', "is neither 'rxlock' nor 'plain'");
  if (slot !== undefined) checkText(slot, 'slot');
  if (slot === '') throw invalid('slot', 'is empty');
  if (coldStart !== 'grant' && coldStart !== 'wait') throw invalid('coldStart', "is neither 'grant' nor 'wait'");
  if (typeof tracking !== 'boolean') throw invalid('tracking', 'is neither true nor false');
  return {
    slot,
    coldStart,
    tracking,
    ...resolveCommon({ ...options, prefix }),
    lockDelay: resolveTime(lockDelay, 'lockDelay', 0),
  };
}

/** What holds for plain keys as well. */
export type CommonSettings = Pick<Settings, 'prefix' | 'timeout' | 'replicas' | 'maxTtl'>;

/** @throws LockConfigError, LockValidationError naming the option. */
export function resolvePlain(options: PlainRedisOptions): CommonSettings {
  refuseUnknown(options, PLAIN_OPTIONS);
  const { prefix = DEFAULT_PLAIN_PREFIX } = options;
  return resolveCommon({ ...options, prefix });
}

/** @throws LockConfigError, LockValidationError naming the option. */
export function resolveQuorum(options: QuorumRedisOptions): CommonSettings {
  refuseUnknown(options, QUORUM_OPTIONS);
  const { prefix = DEFAULT_PREFIX } = options;
  return resolveCommon({ ...options, prefix });
}

function resolveCommon(
  options: Pick<RedisOptions, 'timeout' | 'replicas' | 'maxTtl'> & { readonly prefix: string },
): CommonSettings {
  const { prefix, replicas = 0, timeout = DEFAULT_TIMEOUT, maxTtl = DEFAULT_MAX_TTL } = options;
  checkText(prefix, 'prefix');
  if (!Number.isInteger(replicas) || replicas < 0) throw invalid('replicas', 'is not a whole number from 0 on');
  return {
    prefix,
    replicas,
    timeout: resolveTime(timeout, 'timeout', MIN_TIMEOUT),
    maxTtl: resolveTime(maxTtl, 'maxTtl', MIN_TTL),
  };
}

function checkText(text: unknown, option: string): void {
  if (typeof text !== 'string') throw invalid(option, 'is not a string');
  if (UNFIT.test(text)) throw invalid(option, "has '{', '}', a control character or an unpaired surrogate");
  if (utf8Length(text) > MAX_TEXT) throw invalid(option, `is longer than ${String(MAX_TEXT)} bytes`);
}

function resolveTime(duration: string | number, option: string, min: number): number {
  const time = Math.ceil(parseDuration(duration, option));
  if (time < min) throw invalid(option, `${String(time)} ms is less than ${String(min)} ms`);
  if (time > DAY) throw invalid(option, `${String(time)} ms is more than 24 h`);
  return time;
}
