import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { format, resolveConfig } from 'prettier';
import { cells } from './lines.mjs';
import { ROWS } from './rows.mjs';

const PAGE = new URL('../../docs/performance.md', import.meta.url);

/** The page shows what was measured. Targets are what the bench itself is held to. */
const SHOWN = 4;

/** Puts the lines of the rows that were measured into the table of the page; the other rows keep theirs. */
export async function writeTable(results) {
  await rewrite('bench', (old) => {
    const rows = new Map(
      ROWS.map(({ name }) => [name, old.split('\n').filter((line) => line.startsWith(`| ${name} `))]),
    );
    for (const { row, lines, failed } of results) {
      if (failed === undefined)
        rows.set(
          row,
          lines.map((line) => asRow([row, ...cells(line).slice(0, SHOWN)])),
        );
    }
    return [
      asRow(['row', 'what', 'rxlock', 'beside it', 'ratio']),
      asRow(Array(5).fill('-')),
      ...[...rows.values()].flat(),
    ];
  });
}

/**
 * Puts a table into its place on the page.
 *
 * @param place What its two marks say.
 * @param lines The lines of the new table, from the text of the old one.
 */
export async function rewrite(place, lines) {
  const [begin, end] = ['begin', 'end'].map((mark) => `<!-- ${place}: ${mark} -->`);
  const page = await readFile(PAGE, 'utf8');
  const [head, rest] = page.split(begin);
  const [old, tail] = rest.split(end);
  const text = [head + begin, machine(), lines(old).join('\n'), end + tail].join('\n\n');
  const options = await resolveConfig(PAGE);
  await writeFile(PAGE, await format(text, { ...options, parser: 'markdown' }));
}

/** One line of a table. */
export const asRow = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function machine() {
  const date = new Date().toISOString().slice(0, 10);
  return `Measured on ${date}: ${cpus().length} shared cores of a virtual machine, ${cpus()[0].model.trim()}, Node ${process.versions.node}.`;
}
