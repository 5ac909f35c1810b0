import type { Actor, Program, Source } from './program.js';

/**
 * Leaves out whatever can be left out without the program becoming right.
 *
 * @param isWrong Does the fault still show?
 */
export async function shrink(program: Program, isWrong: (program: Program) => Promise<boolean>): Promise<Program> {
  let smallest = program;
  for (let found = true; found;) {
    found = false;
    for (const smaller of smallerThan(smallest)) {
      if (!(await isWrong(smaller))) continue;
      smallest = smaller;
      found = true;
      break;
    }
  }
  return smallest;
}

/** Those with one thing less, big things first. */
function* smallerThan(program: Program): Generator<Program> {
  const { actors, sources, steps, listeners, service } = program;
  if (service !== undefined) {
    const { service: _, ...rest } = program;
    yield rest;
  }
  for (const less of without(actors)) yield { ...program, actors: less };
  for (const less of halved(steps)) yield { ...program, steps: less };
  for (const less of without(steps)) yield { ...program, steps: less };
  for (const less of without(listeners)) yield { ...program, listeners: less };
  const used = new Set(actors.map(({ source }) => source));
  if (sources.some(({ id }) => !used.has(id))) yield { ...program, sources: sources.filter(({ id }) => used.has(id)) };
  if (program.locks > 1) yield { ...program, locks: program.locks - 1 };
  for (const actor of eachOf(actors, smallerActors)) yield { ...program, actors: actor };
  for (const source of eachOf(sources, smallerSources)) yield { ...program, sources: source };
  if (service !== undefined) {
    for (const key of ['acquire', 'renew', 'release'] as const) {
      for (const less of without<string>(service[key])) {
        if (less.length > 0) yield { ...program, service: { ...service, [key]: less } };
      }
      if (service[key].some((answer) => answer !== 'now')) {
        yield { ...program, service: { ...service, [key]: ['now'] } };
      }
    }
    for (const key of ['fifo', 'push', 'minHold'] as const) {
      if (service[key]) yield { ...program, service: { ...service, [key]: false } };
    }
  }
}

function* smallerActors(actor: Actor): Generator<Actor> {
  if (actor.via !== 'none') {
    yield { ...actor, via: 'none' };
    for (const key of ['drain', 'drainTimeout', 'onLost'] as const) {
      if (actor.work[key] === undefined) continue;
      const { [key]: _, ...work } = actor.work;
      yield { ...actor, work };
    }
    if (actor.work.kind !== 'never') yield { ...actor, work: { ...actor.work, kind: 'never' } };
  }
  for (const reactions of without(actor.reactions)) yield { ...actor, reactions };
}

function* smallerSources(source: Source): Generator<Source> {
  if (source.shared) yield { ...source, shared: false };
  if (source.kind === 'all') {
    if (source.names.length > 1) yield { ...source, names: source.names.slice(0, -1) };
    yield { ...source, kind: 'lock', names: source.names.slice(0, 1) };
  }
  for (const key of Object.keys(source.wishes) as (keyof Source['wishes'])[]) {
    const { [key]: _, ...wishes } = source.wishes;
    yield { ...source, wishes };
  }
}

function* without<T>(list: readonly T[]): Generator<T[]> {
  for (let i = list.length - 1; i >= 0; i--) yield list.filter((_, at) => at !== i);
}

function* halved<T>(list: readonly T[]): Generator<T[]> {
  if (list.length < 4) return;
  const middle = list.length >> 1;
  yield list.slice(0, middle);
  yield list.slice(middle);
}

function* eachOf<T>(list: readonly T[], smaller: (one: T) => Iterable<T>): Generator<T[]> {
  for (let i = 0; i < list.length; i++) {
    for (const one of smaller(list[i]!)) yield list.map((other, at) => (at === i ? one : other));
  }
}
