import { resolveSettings, type Settings } from '../../../backends/octostore/client/settings.js';
import { MAX_DURATION, parseDuration } from '../../../values/duration.js';
import { environment } from '../../../values/environment.js';
import { refuseUnknown } from '../../../values/refuse-unknown.js';
import type { Duration } from '../../../contract/time.js';
import { ValidationError } from './errors.js';
import { RotatingToken } from './rotating-token.js';
import { translated } from './translate.js';

/** Options of {@link OctoStoreClient}. */
export interface OctoStoreClientOptions {
  /** Where the server is. `OCTOSTORE_BASE_URL`, or `https://api.octostore.io`, by default. */
  readonly baseUrl?: string | undefined;
  /** The bearer token. `OCTOSTORE_TOKEN` by default; without either, only `health()` works. */
  readonly token?: string | undefined;
  /** How long one request may take. Milliseconds; 30000 by default. */
  readonly timeout?: number | undefined;
  /**
   * `true`: what is acquired hangs on a session of this client's own, so that two clients exclude each other even if they
   * share a token, and a process that dies loses its locks within a minute. `false` by default: one token is one owner.
   */
  readonly session?: boolean | undefined;
  /** With `session`: called for each lock that was lost because the session ended or could not be kept alive. */
  readonly onLockLost?: ((name: string, leaseId: string) => void) | undefined;
}

/** Milliseconds. */
export const DEFAULT_TIMEOUT = 30_000;

const OPTIONS: ReadonlySet<string> = new Set(['baseUrl', 'token', 'timeout', 'session', 'onLockLost']);

/** {@link OctoStoreClientOptions} after validation. */
export interface ClientSettings extends Pick<Settings, 'baseUrl' | 'sessionTtl'> {
  readonly token: RotatingToken | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly session: boolean;
  readonly onLockLost: (name: string, leaseId: string) => void;
}

/** @throws ValidationError naming the option. */
export function resolveClient(options: OctoStoreClientOptions): ClientSettings {
  try {
    refuseUnknown(options, OPTIONS);
    const { timeout = DEFAULT_TIMEOUT, session = false, onLockLost = ignore } = options;
    if (typeof session !== 'boolean') throw invalid('session', 'session is neither true nor false');
    if (typeof onLockLost !== 'function') throw invalid('onLockLost', 'onLockLost is not a function');
    const given = tokenOf(options.token);
    const token = given === undefined ? undefined : new RotatingToken(given);
    // As in the documented client, plain http is the caller's to choose.
    const { baseUrl, sessionTtl } = resolveSettings({
      baseUrl: options.baseUrl,
      token: nobody,
      allowInsecure: true,
    });
    return { baseUrl, sessionTtl, token, timeout: resolveTimeout(timeout), session, onLockLost };
  } catch (error) {
    throw translated(error);
  }
}

/** @throws ValidationError */
export function resolveTimeout(timeout: unknown): number {
  if (typeof timeout === 'number' && timeout > 0 && timeout <= MAX_DURATION) return timeout;
  throw invalid('timeout', 'the timeout is no number of milliseconds between 0 and 2^31');
}

/**
 * Checks the options of a call.
 *
 * @throws ValidationError naming the option.
 */
export function checkCall(options: { readonly signal?: AbortSignal | undefined }, known: ReadonlySet<string>): void {
  try {
    refuseUnknown(options, known);
  } catch (error) {
    throw translated(error);
  }
  if (options.signal !== undefined && typeof options.signal?.addEventListener !== 'function') {
    throw invalid('signal', 'signal is not an AbortSignal');
  }
}

/** @throws ValidationError */
export function resolveWait(wait: Duration): number {
  try {
    return parseDuration(wait, 'wait');
  } catch (error) {
    throw translated(error);
  }
}

/** A variable that is set to nothing is not set: `process.env.OCTOSTORE_TOKEN ?? ''`. */
function tokenOf(given: unknown): string | undefined {
  if (given !== undefined && given !== null && typeof given !== 'string')
    throw invalid('token', 'token is not a string');
  return orElse(given?.trim()) ?? orElse(environment('OCTOSTORE_TOKEN')?.trim());
}

function orElse(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function nobody(): string {
  return '';
}

function ignore(): void {
  // Nobody wants to know.
}

function invalid(option: string, message: string): ValidationError {
  return new ValidationError(message, { option });
}
