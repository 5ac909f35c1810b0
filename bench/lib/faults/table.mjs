import { asRow, rewrite } from '../markdown.mjs';

/** The table as columns of text. */
export function layOutTable(rows) {
  const table = tableOf(rows);
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

/** Puts the table into the page. */
export async function writeFaults(rows) {
  const [head, ...body] = tableOf(rows);
  await rewrite('faults', () => [head, head.map(() => '-'), ...body].map(asRow));
}

function tableOf(rows) {
  const names = Object.keys(rows[0].results);
  return [['', ...names], ...rows.map(({ title, results }) => [title, ...names.map((name) => cell(results[name]))])];
}

/** Who believed in it to the end would have done so for longer. */
function cell(result) {
  if (result === undefined) return 'not measured';
  const { overhold, stillBelieves } = result;
  return `${stillBelieves ? '> ' : ''}${overhold.toLocaleString('en')} ms`;
}
