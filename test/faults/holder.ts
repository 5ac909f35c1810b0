/**
 * A second process that holds one lock and says so on standard output, a line of JSON for each event. The parent stops,
 * continues and kills it.
 *
 * `tsx holder.ts NAME TTL`; the server is in OCTOSTORE_BASE_URL and OCTOSTORE_TOKEN.
 */
import { interval } from 'rxjs';
import { octostore } from '../../src/backends/octostore/index.js';
import { createLocks, usingLock } from '../../src/index.js';

const [name = '', ttl = ''] = process.argv.slice(2);
const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
const locks = createLocks(octostore());
locks.events$.subscribe((event) => {
  say({ type: event.type, at: event.at, isHeld: 'lease' in event ? event.lease?.isHeld : undefined });
});
// Work under the lock: each value is stamped when it has passed the gate.
usingLock(locks.lock$(name, ttl), () => interval(5)).subscribe({
  next: () => {
    say({ type: 'value', at: Date.now() });
  },
  error: (error: unknown) => {
    say({ type: 'error', at: Date.now(), name: (error as Error).name });
    process.exit(0);
  },
});
