// Prints what the project's own dflockd server and the real one answer to the recorded exchanges, side by side:
//   DFLOCKD_BIN=path/to/dflockd node scripts/dflockd-compare.mjs [words of an exchange's name]
// A line is marked with ≠ where the two differ on purpose, and with ! where an answer is not the recorded one.
import { argv, env, exit } from 'node:process';
import { register } from 'tsx/esm/api';

register();
const { EXCHANGES, hasSignals, play } = await import('../test/support/dflockd-exchanges.ts');
const { startDflockd } = await import('../test/support/dflockd-instance.ts');

const WIDTH = 44;
const KINDS = env.DFLOCKD_BIN === undefined ? ['own'] : ['own', 'real'];
if (KINDS.length === 1) console.log('DFLOCKD_BIN names no server: this is the own one only.');

const words = argv.slice(2).join(' ');
const chosen = EXCHANGES.filter(({ name }) => name.includes(words));
const played = await Promise.all(chosen.map(compare));
const counts = { same: 0, differs: 0, wrong: 0 };
for (const [index, exchange] of chosen.entries()) print(exchange, played[index]);
console.log(`${counts.same} answers as recorded and the same, ${counts.differs} differ on purpose, ${counts.wrong} are not as recorded`);
exit(counts.wrong > 0 ? 1 : 0);

/** What each kind of server answers. */
async function compare(exchange) {
  return Promise.all(
    KINDS.map(async (kind) => {
      const server = await startDflockd(exchange.settings, kind);
      try {
        return exchange.signals && !(await hasSignals(server)) ? [] : await play(exchange, server);
      } finally {
        await server.stop();
      }
    }),
  );
}

function print(exchange, [own, real = []]) {
  console.log(`\n${exchange.name}${exchange.settings === undefined ? '' : `  ${JSON.stringify(exchange.settings)}`}`);
  for (const [index, { step, answer, expected }] of own.entries()) {
    const other = real[index];
    const asked = step.slice(0, 4).map(show).join(' ');
    const isWrong = answer !== expected || (other !== undefined && other.answer !== other.expected);
    const differs = other !== undefined && other.answer !== answer;
    counts[isWrong ? 'wrong' : differs ? 'differs' : 'same']++;
    const mark = isWrong ? '!' : differs ? '≠' : ' ';
    const there = KINDS.length === 1 ? '' : other === undefined ? '(does not know it)' : show(other.answer);
    console.log(`${mark} ${asked.padEnd(WIDTH)} ${show(answer).padEnd(WIDTH)} ${there}`.trimEnd());
  }
}

function show(text) {
  const plain = JSON.stringify(text).slice(1, -1);
  return plain.length > WIDTH ? `${plain.slice(0, WIDTH - 1)}…` : plain;
}
