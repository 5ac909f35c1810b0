/** One line of the table of faults. */
export interface FaultRow {
  readonly title: string;
  /** Milliseconds during which two believed in the same lock. */
  readonly overhold: number;
  /** The longest that there may be, if it is not 0: the service had forgotten what it granted. Milliseconds. */
  readonly allowed?: number;
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
  const worstOf = (some: readonly FaultRow[]): string => String(Math.max(0, ...some.map(({ overhold }) => overhold)));
  const forgotten = rows.filter(({ allowed = 0 }) => allowed > 0);
  const others = rows.filter((row) => !forgotten.includes(row));
  const worst = `  ${String(others.length)} rows, longest overhold ${worstOf(others)} ms`;
  const known = `  ${String(forgotten.length)} rows in which the service had forgotten, longest ${worstOf(forgotten)} ms`;
  return ['', head, ...lines, '', worst, ...(forgotten.length === 0 ? [] : [known]), ''].join('\n');
}
