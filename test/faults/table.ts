/** One line of the table of faults. */
export interface FaultRow {
  readonly title: string;
  /** Milliseconds during which two believed in the same lock. */
  readonly overhold: number;
  /** Milliseconds from the end of one holder's belief to the next one's grant, where one followed the other. */
  readonly free: number | undefined;
  /** What became of the lock. */
  readonly note: string;
}

declare module 'vitest' {
  interface TaskMeta {
    /** What the reporter of `npm run test:faults` prints. */
    faultRow?: FaultRow;
  }
}

/** All rows as text, in the groups in which they were tried. */
export function formatTable(groups: ReadonlyMap<string, readonly FaultRow[]>): string {
  const rows = [...groups.values()].flat();
  const width = Math.max(0, ...rows.map(({ title }) => title.length));
  const format = ({ title, overhold, free, note }: FaultRow): string =>
    [
      `  ${title.padEnd(width)}`,
      `${String(overhold).padStart(5)} ms`,
      (free === undefined ? '–' : `${String(free)} ms`).padStart(9),
      note,
    ].join('  ');
  const head = `  ${'fault'.padEnd(width)}  overhold  then free  what became of the lock`;
  const lines = [...groups].flatMap(([group, members]) => ['', group, ...members.map(format)]);
  const worst = Math.max(0, ...rows.map(({ overhold }) => overhold));
  return ['', head, ...lines, '', `  ${String(rows.length)} rows, longest overhold ${String(worst)} ms`, ''].join('\n');
}
