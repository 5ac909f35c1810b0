import type { Ledger, LedgerBatch } from '../../../src/server/ledger.js';
import type { LedgerContents } from '../../../src/server/records/read-entries.js';

/** How a server could lose what it has told. */
export const BREAKS = ['forgets-locks', 'frees-locks', 'forgets-tokens', 'answers-early'] as const;
export type Break = (typeof BREAKS)[number];

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

function spoilt(contents: LedgerContents, how: Break): LedgerContents {
  if (how === 'forgets-locks') return { ...contents, grants: [] };
  if (how === 'forgets-tokens') return { ...contents, head: { ...contents.head, lastToken: 0 } };
  if (how === 'frees-locks')
    for (const grant of contents.grants) (grant as unknown as { before: { ttl: number } }).before.ttl = 1;
  return contents;
}
