import type { Guesses } from './guesses.js';
import type { Limits } from './limits.js';
import type { Meters } from './meters.js';
import type { Principals } from './principals.js';
import type { ServerCore } from './server-core.js';
import type { ServerLog } from './server-log.js';

/** What a server gives to each of its fronts. */
export interface FrontKit {
  readonly core: ServerCore;
  readonly principals: Principals;
  /** Has each token that a client says looked at in its turn: who guesses waits, whatever front he comes to. */
  readonly guesses: Guesses;
  readonly limits: Limits;
  /** The longest ttl that anybody may ask for, in milliseconds. */
  readonly maxTtl: number;
  readonly meters: Meters;
  readonly log: ServerLog;
  /** Unpredictable bytes. */
  readonly randomBytes: (size: number) => Buffer;
}
