import { verb, type Verbs } from '../locks/verbs.js';
import { PLAIN_ACQUIRE } from './scripts/plain-acquire.js';
import { PLAIN_LOOK } from './scripts/plain-look.js';
import { PLAIN_RELEASE } from './scripts/plain-release.js';
import { PLAIN_RENEW } from './scripts/plain-renew.js';

/** What can be asked about plain keys. They have no queue and nothing shared: nobody asks for the rest. */
export function plainVerbs(): Verbs {
  return {
    letGo: verb(PLAIN_RELEASE, [], { isNeverLate: true }),
    release: verb(PLAIN_RELEASE, [], { isNeverLate: true }),
    renew: verb(PLAIN_RENEW, []),
    renewShared: verb(PLAIN_RENEW, []),
    revoke: verb(PLAIN_LOOK, []),
    adopt: verb(PLAIN_LOOK, []),
    acquire: verb(PLAIN_ACQUIRE, [], { isGranting: true }),
    enter: verb(PLAIN_ACQUIRE, [], { isGranting: true }),
    enterGently: verb(PLAIN_ACQUIRE, [], { isGranting: true }),
    look: verb(PLAIN_LOOK, []),
    check: verb(PLAIN_LOOK, []),
  };
}
