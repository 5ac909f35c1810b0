import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { format, resolveConfig } from 'prettier';
import { cells } from './lines.mjs';
import { ROWS } from './rows.mjs';

const PAGE = new URL('../../docs/performance.md', import.meta.url);
const [BEGIN, END] = ['<!-- bench: begin -->', '<!-- bench: end -->'];

/** The page shows what was measured. Targets are what the bench itself is held to. */
const SHOWN = 4;

/** Puts the lines of the rows that were measured into the table of the page; the other rows keep theirs. */
export async function writeTable(results) {
  const page = await readFile(PAGE, 'utf8');
  const [head, rest] = page.split(BEGIN);
  const [old, tail] = rest.split(END);
  const rows = new Map(ROWS.map(({ name }) => [name, old.split('\n').filter((line) => line.startsWith(`| ${name} `))]));
  for (const { row, lines, failed } of results) {
    if (failed === undefined)
      rows.set(
        row,
        lines.map((line) => `| ${[row, ...cells(line).slice(0, SHOWN)].map(escape).join(' | ')} |`),
      );
  }
  const table = ['| row | what | rxlock | beside it | ratio |', '| - | - | - | - | - |', ...[...rows.values()].flat()];
  const text = [head + BEGIN, machine(), table.join('\n'), END + tail].join('\n\n');
  const options = await resolveConfig(PAGE);
  await writeFile(PAGE, await format(text, { ...options, parser: 'markdown' }));
}

const escape = (cell) => cell.replaceAll('|', '\\|');

function machine() {
  const date = new Date().toISOString().slice(0, 10);
  return `Measured on ${date}: ${cpus().length} shared cores of a virtual machine, ${cpus()[0].model.trim()}, Node ${process.versions.node}.`;
}
