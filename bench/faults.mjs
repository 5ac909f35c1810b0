// How long the locks of several packages for Redis are believed in after they have ended on the server: `npm run
// bench:faults`, or `node bench/faults.mjs` on what is built already. `--help` says what it can do.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findServer } from '../scripts/bench-servers.mjs';
import { FAULTS } from './lib/faults/faults.mjs';
import { layOutTable, writeFaults } from './lib/faults/table.mjs';
import { progress } from './lib/progress.mjs';
import { absent } from './lib/services.mjs';

const HELP = `Usage: npm run bench:faults -- [options] [fault…]

A program holds a lock on Redis through a proxy and asks every 2 ms whether it still has it. Then comes a fault (all by default):
${FAULTS.map(({ name, title }) => `  ${name.padEnd(11)}${title}`).join('\n')}

The table shows the milliseconds for which the program believed that it had the lock although it had ended on the server.

Options:
  --quick      short times and a single try each: shows that it works; the figures mean little
  --markdown   puts the table into docs/performance.md
  --help       this text`;

async function main() {
  const { values: options, positionals: names } = parseArgs({
    allowPositionals: true,
    options: Object.fromEntries(['quick', 'markdown', 'help'].map((name) => [name, { type: 'boolean' }])),
  });
  if (options.help) return console.log(HELP);
  const unknown = names.find((name) => !FAULTS.some((fault) => fault.name === name));
  if (unknown !== undefined) throw new Error(`there is no fault '${unknown}'; --help lists them`);
  if (options.markdown && options.quick) throw new Error('--quick measures nothing worth writing down');
  if (!existsSync(new URL('../dist/redis.js', import.meta.url))) throw new Error('nothing is built: `npm run build`');
  if (findServer('redis') === undefined) return console.log(`not measured: ${absent('redis')}`);

  // What it imports has to be built.
  const { measureFaults } = await import('./lib/faults/measure.mjs');
  const faults = FAULTS.filter(({ name }) => names.length === 0 || names.includes(name));
  const rows = await measureFaults(faults, options.quick, progress);
  for (const line of layOutTable(rows)) console.log(line);
  if (options.markdown) await writeFaults(rows);
  if (options.quick) console.error('--quick: the figures mean little');
}

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
// By itself, Node 20 sometimes hangs in its last clean-up after sockets were reset.
process.exit();
