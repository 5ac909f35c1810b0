import { env } from 'node:process';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { generate } from './generate.js';
import { INVARIANTS, type Invariant } from './ledger.js';
import { play } from './play.js';
import { print } from './print.js';
import type { Program } from './program.js';
import { shrink } from './shrink.js';

/** `SEARCH_SEED=… npx vitest run test/whole/properties/search.test.ts` begins there. */
const SEED = env['SEARCH_SEED'];
/** `SEARCH_COUNT=…` runs as many. */
const COUNT = env['SEARCH_COUNT'];

/** What was found: for each invariant the first program that breaks it, and how many do. */
type Findings = ReadonlyMap<Invariant, { readonly program: Program; readonly count: number }>;

/**
 * Runs programs, and makes a test of each invariant. A program that breaks one is made small, and printed.
 *
 * @param first The seed of the first program; each of the others has the next.
 * @param broken Those that are known not to hold yet, and why.
 * @param known Programs that are known to break something, and why: they are looked at by themselves.
 */
export function describeSearch(
  first: number,
  count: number,
  broken: Partial<Record<Invariant, string>> = {},
  known: Readonly<Record<number, string>> = {},
): void {
  const from = Number(SEED ?? first);
  const many = Number(COUNT ?? (SEED === undefined ? count : 1));

  describe(`${String(many)} random programs of all operators, from SEARCH_SEED=${String(from)}`, () => {
    let findings: Findings;
    beforeAll(async () => {
      // These programs wait for themselves all the time.
      vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      findings = await search(from, many, SEED === undefined ? known : {});
      for (const [invariant, { count: times }] of findings) console.log(`broken by ${String(times)}: ${invariant}`);
    }, 600_000);

    for (const [seed, why] of SEED === undefined ? Object.entries(known) : []) {
      it.fails(`SEARCH_SEED=${seed}: ${why}`, async () => {
        expect([...(await play(generate(Number(seed)))).keys()]).toEqual([]);
      });
    }

    for (const invariant of INVARIANTS) {
      const why = broken[invariant];
      if (why !== undefined) it.todo(`${invariant}: not yet, ${why}`);
      else {
        it(invariant, { timeout: 120_000 }, async () => {
          const finding = findings.get(invariant);
          expect(finding === undefined ? 'holds' : await explain(finding.program, invariant)).toBe('holds');
        });
      }
    }
  });
}

async function search(from: number, count: number, known: Readonly<Record<number, string>>): Promise<Findings> {
  const findings = new Map<Invariant, { readonly program: Program; readonly count: number }>();
  for (let seed = from; seed < from + count; seed++) {
    if (known[seed] !== undefined) continue;
    const program = generate(seed);
    for (const invariant of (await play(program)).keys()) {
      const known = findings.get(invariant);
      findings.set(invariant, { program: known?.program ?? program, count: (known?.count ?? 0) + 1 });
    }
  }
  return findings;
}

/** The smallest program that still breaks the invariant, and what it says. */
async function explain(program: Program, invariant: Invariant): Promise<string> {
  const smallest = await shrink(program, async (smaller) => (await play(smaller)).has(invariant));
  return `${print(smallest)}\n=> ${String((await play(smallest)).get(invariant))}`;
}
