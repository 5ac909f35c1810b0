const REFUSALS: Readonly<Record<string, string>> = {
  timeout: 'timeout',
  error: 'error',
  error_max_locks: 'capacity',
  error_max_waiters: 'capacity',
  error_limit_mismatch: 'limit-mismatch',
  error_already_enqueued: 'error',
  error_not_enqueued: 'error',
  error_lease_expired: 'expired',
};

/** What is counted of an answer; undefined if it is no refusal. */
export function refusalIn(answer: string): string | undefined {
  return REFUSALS[answer];
}
