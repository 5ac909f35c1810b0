import type { Ledger, LedgerBatch } from '../../../src/server/ledger.js';
import type { GrantLeaf } from '../../../src/server/records/grant-leaf.js';
import type { LedgerContents } from '../../../src/server/records/read-entries.js';

/** How a server could lose what it has told. */
export const BREAKS = ['forgets-locks', 'frees-locks', 'forgets-tokens', 'answers-early'] as const;
export type Break = (typeof BREAKS)[number];

/** By so much are the tokens of a start greater than those before it. */
const LEAP = 2 ** 20;
/** The token before those of the first start, so that there are lower ones. */
const FIRST = 1000;
/** So late is written what was said to be written. Milliseconds. */
const LATE = 100;

/** A ledger with one fault, to see whether that is found. */
export function brokenLedger(ledger: Ledger, how: Break): Ledger {
  const written: LedgerBatch[] = [];
  const writeLate = (): void => {
    const [batch] = written;
    if (batch === undefined) return;
    setTimeout(() => {
      ledger.write(batch, () => {
        written.shift();
        writeLate();
      });
    }, LATE);
  };
  return {
    take: () => spoilt(ledger.take(), how),
    write(batch, done) {
      if (how !== 'answers-early') {
        ledger.write(batch, done);
        return;
      }
      if (written.push(batch) === 1) writeLate();
      setImmediate(done);
    },
    reopen: (done) => {
      ledger.reopen(done);
    },
    close: () => ledger.close(),
  };
}

function spoilt({ head, grants, ...contents }: LedgerContents, how: Break): LedgerContents {
  if (how === 'forgets-locks') return { ...contents, head, grants: [] };
  if (how === 'forgets-tokens') {
    grants.forEach((grant, index) => Object.assign(grant, { token: index + 1 }));
    const lastToken = head.number === 0 ? FIRST : grants.length;
    return { ...contents, head: { ...head, lastToken: lastToken - LEAP }, grants };
  }
  if (how === 'frees-locks') for (const grant of grants) Object.assign(before(grant), { ttl: 1 });
  return { ...contents, head, grants };
}

/** What is known of it from before the start. */
function before(grant: GrantLeaf): object {
  return (grant as unknown as { readonly before: object }).before;
}
