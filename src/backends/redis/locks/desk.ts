import type { Grant } from '../../../contract/backend.js';
import type { Clock } from '../../../contract/time.js';
import type { Timeouts } from '../../../values/timeouts.js';
import type { Calls } from '../wire/calls.js';
import type { ChangedKeys } from '../wire/port.js';
import type { KeyNames } from './key-names.js';
import type { RedisOutbox } from './outbox.js';
import type { Owners } from './owners.js';
import type { RedisGrant } from './redis-grant.js';
import type { Verbs } from './verbs.js';

/** Knows what is held, to find out at once what is not any more. */
export interface HeldGrants {
  /** @param sentAt When it was asked for, on `clock.elapsed`. */
  add(grant: RedisGrant, sentAt: number): void;
  /** It is given back, or handed on. */
  delete(grant: Grant): void;
  /** Somebody has changed main keys. */
  changed(keys: ChangedKeys): void;
}

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
  /** Only if it is wanted. */
  tracking?: HeldGrants;
}
