/** One call of a client, with the moments of its call and its answer, of which no two are the same. */
export interface Operation {
  readonly client: number;
  readonly what: 'acquire' | 'release';
  /** Was it granted, or given back? */
  readonly ok: boolean;
  readonly called: number;
  readonly answered: number;
}

/**
 * Could one lock, asked by one client after the other, have answered all this? Each call takes effect at one moment between its
 * call and its answer: any order that respects that is tried.
 *
 * @param operations On one name, 30 at most, from a moment at which nobody holds it.
 */
export function isLinearizable(operations: readonly Operation[]): boolean {
  const all = 2 ** operations.length - 1;
  const failed = new Set<string>();
  const search = (done: number, holder: number): boolean => {
    if (done === all) return true;
    const state = `${String(done)}/${String(holder)}`;
    if (failed.has(state)) return false;
    const open = operations.flatMap((operation, index) => ((done >> index) & 1 ? [] : [{ operation, index }]));
    // Whatever was answered before another was called comes before it.
    const first = Math.min(...open.map(({ operation }) => operation.answered));
    for (const { operation, index } of open) {
      if (operation.called > first) continue;
      const next = after(operation, holder);
      if (next !== undefined && search(done | (1 << index), next)) return true;
    }
    failed.add(state);
    return false;
  };
  return search(0, NOBODY);
}

const NOBODY = -1;

/** @returns Who holds it then; undefined if it cannot have answered so. */
function after({ client, what, ok }: Operation, holder: number): number | undefined {
  if (what === 'acquire') {
    if (ok) return holder === NOBODY ? client : undefined;
    return holder === NOBODY ? undefined : holder;
  }
  if (ok) return holder === client ? NOBODY : undefined;
  return holder === client ? undefined : holder;
}
