import { verb, type Verbs } from '../locks/verbs.js';
import { PLAIN_ACQUIRE } from './scripts/plain-acquire.js';
import { PLAIN_LOOK } from './scripts/plain-look.js';
import { PLAIN_RELEASE } from './scripts/plain-release.js';
import { PLAIN_RENEW } from './scripts/plain-renew.js';

/** What can be asked about plain keys. They have no queue and nothing shared: nobody asks for the rest. */
export function plainVerbs(): Verbs {
  const release = verb(PLAIN_RELEASE, [], { isNeverLate: true });
  const renew = verb(PLAIN_RENEW, []);
  const acquire = verb(PLAIN_ACQUIRE, [], { isGranting: true });
  const look = verb(PLAIN_LOOK, []);
  return {
    letGo: release,
    release,
    renew,
    renewShared: renew,
    revoke: look,
    adopt: look,
    acquire,
    enter: acquire,
    enterGently: acquire,
    look,
    check: look,
  };
}
