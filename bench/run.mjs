// Runs the benches: `npm run bench`, or `node bench/run.mjs` on what is built already. `--help` says what it can do.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { layOut } from './lib/lines.mjs';
import { writeTable } from './lib/markdown.mjs';
import { progress } from './lib/progress.mjs';
import { ROWS } from './lib/rows.mjs';
import { runRow } from './lib/run-row.mjs';

/** Of all rows together, in milliseconds. */
const LIMIT = 720_000;

const HELP = `Usage: npm run bench -- [options] [row…]

Rows (all by default):
${ROWS.map(({ name, title }) => `  ${name.padEnd(17)}${title}`).join('\n')}

Options:
  --quick      tiny counts: shows that each row works; the figures mean nothing
  --json       the lines as JSON
  --markdown   puts the lines into the table of docs/performance.md
  --profile    writes a CPU profile of each side to build/profiles; profiling slows both sides down
  --help       this text

A missed target is printed, and is no failure. A row that fails is: exit code 1.`;

async function main() {
  const { values: options, positionals: names } = parseArgs({
    allowPositionals: true,
    options: Object.fromEntries(
      ['quick', 'json', 'markdown', 'profile', 'help'].map((name) => [name, { type: 'boolean' }]),
    ),
  });
  if (options.help) return console.log(HELP);
  const unknown = names.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown !== undefined) throw new Error(`there is no row '${unknown}'; \`npm run bench -- --help\` lists them`);
  if (options.markdown && (options.quick || options.profile))
    throw new Error('--quick and --profile measure nothing worth writing down');
  if (!existsSync(new URL('../dist/index.js', import.meta.url))) throw new Error('nothing is built: `npm run build`');

  const profiles = options.profile ? fileURLToPath(new URL('../build/profiles', import.meta.url)) : '';

  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(LIMIT)]);
  const rows = ROWS.filter(({ name }) => names.length === 0 || names.includes(name));
  const results = [];
  for (const [index, row] of rows.entries()) {
    const done = progress(`row ${index + 1} of ${rows.length}, ${row.name}: ${row.title}`);
    const result = await runRow(row, { quick: options.quick, profiles, signal });
    done();
    if (options.quick)
      for (const { targets } of result.lines) for (const target of targets) target.verdict = 'not judged';
    results.push({ row: row.name, title: row.title, ...result });
    if (!options.json) print(results.at(-1));
    if (stop.signal.aborted) break;
  }
  if (options.json) console.log(JSON.stringify(results, undefined, 2));
  if (options.markdown) await writeTable(results);
  if (!options.json) console.log(summary(results));
  if (options.quick) console.error('--quick: the figures mean nothing');
  if (stop.signal.aborted || results.some(({ failed }) => failed !== undefined)) process.exitCode = 1;
}

function print({ row, title, lines, failed }) {
  console.log(`${row}: ${title}`);
  for (const line of layOut(lines)) console.log(line);
  if (failed !== undefined) console.log(`  FAILED: ${failed}`);
}

function summary(results) {
  const verdicts = results
    .flatMap(({ lines }) => lines)
    .flatMap(({ targets }) => targets.map(({ verdict }) => verdict));
  const count = (verdict) => verdicts.filter((one) => one === verdict).length;
  const failed = results.filter((result) => result.failed !== undefined).length;
  return `${results.length - failed} rows measured, ${failed} failed; targets: ${count('met')} met, ${count('missed')} missed, ${count('not measured')} not measured`;
}

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
