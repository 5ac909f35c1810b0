import type { Clock } from '../../../contract/time.js';
import type { Timeouts } from '../../../values/timeouts.js';
import type { Calls } from '../wire/calls.js';
import type { KeyNames } from './key-names.js';
import type { RedisOutbox } from './outbox.js';
import type { Owners } from './owners.js';
import type { Verbs } from './verbs.js';

/** What all that is asked of one Redis shares. */
export interface Desk {
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  readonly calls: Calls;
  readonly keys: KeyNames;
  readonly owners: Owners;
  readonly outbox: RedisOutbox;
  readonly verbs: Verbs;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds. */
  readonly lockDelay: number;
}
