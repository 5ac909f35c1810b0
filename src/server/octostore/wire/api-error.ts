/** Each kind of refusal: its status, its code, and the words that stay the same. */
const KINDS = {
  tokenMissing: [401, 'authentication_required', 'Authorization header required'],
  tokenWrong: [401, 'authentication_failed', 'Authentication failed'],
  forbidden: [403, 'forbidden', 'Forbidden'],
  lockLimit: [403, 'lock_limit_exceeded', 'Lock limit exceeded'],
  ttl: [400, 'invalid_ttl', 'Invalid TTL'],
  lockName: [400, 'invalid_lock_name', 'Invalid lock name'],
  input: [400, 'invalid_input', 'Invalid input'],
  lockMissing: [404, 'not_found', 'Lock not found'],
  sessionMissing: [404, 'not_found', 'Session not found'],
  missing: [404, 'not_found', 'Resource not found'],
  sessionExpired: [410, 'session_expired', 'Session expired'],
  leaseForeign: [400, 'lease_not_current', 'Lease is not current'],
  leaseGone: [404, 'lease_not_current', 'Lease is not current'],
  conflict: [409, 'conflict', 'Conflict'],
  capacity: [409, 'capacity_exceeded', 'Capacity exceeded'],
  rate: [429, 'rate_limited', 'Rate limit exceeded'],
  closing: [503, 'upstream_unavailable', 'Upstream service unavailable'],
  internal: [500, 'internal_error', 'Internal server error'],
} as const;

/** A kind of refusal. */
export type ErrorKind = keyof typeof KINDS;

/** What else a refusal may say. */
export interface ApiErrorOptions {
  /** Milliseconds after which it is worth another try, and not before. */
  readonly retryAfter?: number | undefined;
  /** Another status than that of its kind. */
  readonly status?: number | undefined;
}

/** A request is refused: what its answer says. No secret is in it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  /** The words that stay the same. The message is about this one. */
  readonly words: string;
  readonly retryAfter: number | undefined;

  /** @param details What is wrong; the words of its kind, if absent. */
  constructor(
    readonly kind: ErrorKind,
    details?: string,
    { retryAfter, status }: ApiErrorOptions = {},
  ) {
    // Nothing before that: the build sets the fields at the beginning.
    super(details ?? KINDS[kind][2]);
    const [byKind, code, words] = KINDS[kind];
    this.status = status ?? byKind;
    this.code = code;
    this.words = words;
    this.retryAfter = retryAfter === undefined ? undefined : Math.max(1, Math.ceil(retryAfter));
  }
}
