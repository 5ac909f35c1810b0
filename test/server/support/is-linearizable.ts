/** One call of a client, with the moments of its call and its answer. Moments are milliseconds of one clock. */
export interface Operation {
  readonly client: number;
  /**
   * `settle`: the client has nothing from then on, whatever it had. `start`: nobody's call; the server was killed when that was called, and had started
   * again when it was answered.
   */
  readonly what: 'acquire' | 'renew' | 'release' | 'settle' | 'start';
  /** Was it granted, renewed, or given back? Undefined: nobody was told. It may have happened until `answered`, or never. */
  readonly ok: boolean | undefined;
  readonly called: number;
  readonly answered: number;
  /** Of what is granted or renewed. It never ends by default. */
  readonly ttl?: number | undefined;
  /** The fencing token of a grant, where it has one. */
  readonly token?: number | undefined;
  /** Whoever asks again for what he has is told that he has it, with the same token; with a greater one after a start. */
  readonly reenters?: boolean | undefined;
}

/** Whose the lock is. */
interface Grant {
  readonly holder: number;
  readonly ttl: number;
  /** If it was told. */
  readonly token: number | undefined;
}

/** The lock, after some of the calls. */
interface State extends Grant {
  /** It cannot end of itself before. */
  readonly until: number;
  /**
   * What it may be again after a start. A grant is stored before it is told, and a release with the next grant, or a little later: so others may be
   * refused by what is not stored yet.
   */
  readonly past: readonly Grant[];
  /** The highest that was told. */
  readonly lastToken: number;
  /** All that has happened has happened by then, at the earliest. */
  readonly now: number;
}

const NOBODY = -1;
const FREE = { holder: NOBODY, ttl: Infinity, until: Infinity, token: undefined };

/**
 * Could one lock, asked by one client after the other, have answered all this? Each call takes effect at one moment between its
 * call and its answer, or never if it has none; a lock that is not given back lives for its ttl, from each start at the least, and what was given back
 * last may be there again after a start; tokens rise. Any order that respects that is tried.
 *
 * @param operations On one name, 50 at most, from a moment at which nobody holds it.
 */
export function isLinearizable(operations: readonly Operation[]): boolean {
  const all = 2 ** operations.length - 1;
  const failed = new Set<string>();
  const search = (done: number, state: State): boolean => {
    if (done === all) return true;
    const key = `${String(done)} ${JSON.stringify(state)}`;
    if (failed.has(key)) return false;
    const open = operations.flatMap((operation, index) =>
      Math.floor(done / 2 ** index) % 2 === 1 ? [] : [{ operation, index }],
    );
    // Whatever was answered before another was called comes before it.
    const first = Math.min(...open.map(({ operation }) => operation.answered));
    for (const { operation, index } of open) {
      if (operation.called > first) continue;
      for (const next of after(operation, state)) if (next.now <= first && search(done + 2 ** index, next)) return true;
    }
    const end = Math.max(state.now, state.until);
    if (state.holder !== NOBODY && end <= first && search(done, leave(state, end))) return true;
    failed.add(key);
    return false;
  };
  return search(0, { ...FREE, past: [], lastToken: 0, now: -Infinity });
}

/** @returns How the lock may be then. None: it cannot have answered so. */
function after(operation: Operation, state: State): State[] {
  const { what, ok } = operation;
  const now = Math.max(state.now, operation.called);
  if (what === 'start') return started(state, now);
  if (what === 'settle' && ok === true)
    return [state.holder === operation.client ? leave(state, now) : { ...state, now }];
  if (ok === undefined) return [state, ...done(operation, state, now)];
  return ok ? done(operation, state, now) : refused(operation, state, now);
}

function started(state: State, now: number): State[] {
  const { past, ttl, until } = state;
  // Whoever asks again for what he has is told a new token: his release may not have been stored.
  const goesOn = { ...state, until: Math.max(until, now + ttl), token: undefined, past: [], now };
  return [goesOn, ...past.map((grant) => ({ ...goesOn, ...grant, until: now + grant.ttl, token: undefined }))];
}

function lengthened({ until }: State, ttl: number, now: number): Pick<State, 'ttl' | 'until' | 'now'> {
  return { ttl, until: Math.max(until, now + ttl), now };
}

function leave(state: State, now: number): State {
  return { ...state, ...FREE, past: [...state.past, pick(state)], now };
}

function done(operation: Operation, state: State, now: number): State[] {
  const { client, what, ttl = Infinity, token, reenters } = operation;
  const { holder } = state;
  if (what === 'acquire' && holder === NOBODY)
    return isNext(token, state) ? [{ ...granted(state, operation), ttl, until: now + ttl, now }] : [];
  if (holder !== client) return [];
  if (what === 'release' || what === 'settle') return [leave(state, now)];
  if (what === 'renew') return [{ ...state, ...lengthened(state, ttl, now) }];
  if (reenters !== true) return [];
  // The grant may never have been told: then this is the first that is heard of its token.
  const isSame = token === undefined || token === state.token || (state.token === undefined && isNext(token, state));
  return isSame ? [{ ...granted(state, operation), ...lengthened(state, ttl, now) }] : [];
}

function refused({ client, what, reenters }: Operation, state: State, now: number): State[] {
  const { holder } = state;
  const isRight =
    what === 'acquire' ? holder !== NOBODY && !(reenters === true && holder === client) : holder !== client;
  return isRight ? [{ ...state, now }] : [];
}

function granted(state: State, { client, token, ok }: Operation): State {
  const past = ok === true ? [] : [...state.past, pick(state)];
  return {
    ...state,
    holder: client,
    token: token ?? state.token,
    past,
    lastToken: Math.max(state.lastToken, token ?? 0),
  };
}

function pick({ holder, ttl, token }: Grant): Grant {
  return { holder, ttl, token };
}

function isNext(token: number | undefined, { lastToken }: State): boolean {
  return token === undefined || token > lastToken;
}
