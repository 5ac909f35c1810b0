// Checks the formal model of the lease rule, model/lease.pml: every variant in every order of events.
//
//   node scripts/model.mjs                            all variants; exits with 1 if one is not as expected
//   node scripts/model.mjs QUEUE QUEUED_AT_ARRIVAL    one variant, and the shortest way to its violation
//
// docs/model.md explains it. Installs spin and a C compiler with apt-get where they are missing.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { check, requireSpin } from './lib/spin.mjs';

const MODEL = fileURLToPath(new URL('../model/lease.pml', import.meta.url));

/** What is tried, by what is given by -D, and what must come of it. */
const VARIANTS = [
  { what: 'the rule', defines: [], expected: 'safe' },
  { what: 'deadline counted from the reply', defines: ['ANCHOR_REPLY'], expected: 'violated' },
  { what: 'the whole ttl believed in', defines: ['FACTOR_ONE'], expected: 'violated' },
  { what: 'the same, clocks of one rate', defines: ['FACTOR_ONE', 'SAME_RATE'], expected: 'safe' },
  { what: 'clocks that differ by more than a quarter', defines: ['TOO_SLOW'], expected: 'violated' },
  { what: 'a queue: from the last "still queued"', defines: ['QUEUE'], expected: 'safe' },
  { what: 'a queue: from the arrival', defines: ['QUEUE', 'QUEUED_AT_ARRIVAL'], expected: 'violated' },
  { what: 'a queue whose messages overtake each other', defines: ['QUEUE', 'REORDERED'], expected: 'violated' },
  { what: 'a session, and both ttls counted', defines: ['SESSION'], expected: 'safe' },
  { what: 'a session that is not counted', defines: ['SESSION', 'FORGET_SESSION'], expected: 'violated' },
  { what: 'release sent before the work stops', defines: ['RELEASE_FIRST'], expected: 'violated' },
  { what: 'release by name', defines: ['RELEASE_BY_NAME'], expected: 'violated' },
  { what: 'renewed beyond one ttl', defines: ['SEE_LONG_HOLD'], expected: 'seen' },
  { what: 'lost, and handed over', defines: ['SEE_HAND_OVER'], expected: 'seen' },
  { what: 'held out of the queue', defines: ['QUEUE', 'SEE_QUEUED_HOLD'], expected: 'seen' },
  { what: 'confirmed out of the queue', defines: ['QUEUE', 'SEE_CONFIRMED'], expected: 'seen' },
];

function line(what, flags, expected, found, states, seconds) {
  const columns = [what.padEnd(42), flags.padEnd(26), expected.padEnd(9), found.padEnd(13)];
  return [...columns, states.padStart(9), seconds.padStart(6)].join(' ');
}

async function checkAll() {
  console.log(line('variant', '', 'expected', 'found', 'states', 's'));
  let wrong = 0;
  for (const { what, defines, expected } of VARIANTS) {
    const { safe, states, seconds } = await check(MODEL, defines);
    const found = safe ? (expected === 'seen' ? 'not reachable' : 'safe') : expected === 'seen' ? 'seen' : 'violated';
    if (found !== expected) wrong++;
    const mark = found === expected ? '' : '  WRONG';
    console.log(line(what, defines.join(' '), expected, found, String(states), seconds.toFixed(1)) + mark);
  }
  console.log(`\n${String(VARIANTS.length)} variants, ${String(wrong)} not as expected`);
  return wrong === 0;
}

async function tell(defines) {
  const text = await readFile(MODEL, 'utf8');
  const unknown = defines.filter((one) => !new RegExp(`\\b${one}\\b`).test(text));
  if (unknown.length > 0) throw new Error(`the model has no ${unknown.join(', ')}`);
  const { safe, states, story } = await check(MODEL, defines);
  console.log(safe ? `safe: ${String(states)} states` : story.join('\n'));
  return true;
}

try {
  requireSpin();
  const defines = process.argv.slice(2);
  process.exitCode = (await (defines.length === 0 ? checkAll() : tell(defines))) ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
