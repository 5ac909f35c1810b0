import { median } from './numbers.mjs';

/**
 * One line of a row.
 *
 * @param ours, theirs The values of the rounds; the line has their medians, and the median of the ratios round by
 * round. `theirs.missing` says why there are none.
 * @param targets What must hold: `{ of: 'ours' | 'ratio', max }` or `min`.
 */
export function compare({ what, unit, ours, theirs, targets = [] }) {
  const measured = theirs?.values !== undefined;
  const ratio = measured ? median(ours.map((value, round) => value / theirs.values[round])) : undefined;
  const line = { what, unit, ours: median(ours), ratio };
  if (measured) line.theirs = { name: theirs.name, value: median(theirs.values) };
  else if (theirs !== undefined) line.theirs = { name: theirs.name, missing: theirs.missing };
  line.targets = targets.map((target) => verdict(target, line));
  return line;
}

/** A line that could not be measured at all. */
export const missing = (what, why) => ({ what, missing: why, targets: [] });

function verdict({ of = 'ours', max, min }, line) {
  const value = of === 'ratio' ? line.ratio : line.ours;
  const text = `${of === 'ratio' ? 'ratio ' : ''}${max === undefined ? '≥' : '≤'} ${Number((max ?? min).toFixed(2))}${of === 'ratio' ? '' : ` ${line.unit}`}`;
  if (value === undefined) return { text, verdict: 'not measured' };
  return { text, verdict: (max === undefined ? value >= min : value <= max) ? 'met' : 'missed' };
}

/** Three digits that mean something. */
export function digits(value) {
  if (value === undefined) return '';
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : value >= 1 ? 2 : 3);
}

/** The cells of a line: what, ours, theirs, ratio, targets. */
export function cells({ what, unit, ours, theirs, ratio, targets, missing: why }) {
  if (why !== undefined) return [what, `not measured: ${why}`, '', '', ''];
  const other =
    theirs === undefined
      ? ''
      : theirs.missing
        ? `${theirs.name} not measured: ${theirs.missing}`
        : `${theirs.name} ${digits(theirs.value)} ${unit}`;
  return [
    what,
    `${digits(ours)} ${unit}`,
    other,
    ratio === undefined ? '' : ratio.toFixed(ratio < 0.1 ? 3 : 2),
    targets.map(({ text, verdict }) => `${text} ${verdict}`).join(', '),
  ];
}

/** Lines as columns of text. */
export function layOut(lines) {
  const rows = lines.map((line) => {
    const [what, ours, theirs, ratio, targets] = cells(line);
    return [what, ours, theirs, ratio && `ratio ${ratio}`, targets];
  });
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column].length))) ?? [];
  return rows.map(
    (row) =>
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd()}`,
  );
}
