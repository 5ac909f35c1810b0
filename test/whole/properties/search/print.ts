import type { Act, Actor, Program, Source, Step } from './program.js';

/** A program as a script that a person reads. */
export function print(program: Program): string {
  const { seed, service, locks, sources, actors, listeners, steps } = program;
  return [
    `SEARCH_SEED=${String(seed)}`,
    `${String(locks)} Locks on ${service === undefined ? 'memory()' : `a service that answers ${JSON.stringify(service)}`}`,
    ...sources.map((source) => `  source ${String(source.id)} = ${printSource(source)}`),
    ...actors.flatMap((actor) => printActor(actor)),
    ...listeners.map(
      ({ locks: which, at, nth, act }) =>
        `  locks${String(which)}.events$: at ${at} no. ${String(nth)}: ${printAct(act)}`,
    ),
    ...steps.map((step, i) => `  ${String(i + 1).padStart(2)}. ${printStep(step)}`),
  ].join('\n');
}

function printSource({ kind, locks, names, ttl, wishes, shared }: Source): string {
  const what = kind === 'all' ? JSON.stringify(names) : `'${String(names[0])}'`;
  const options = Object.keys(wishes).length === 0 ? '' : `, ${JSON.stringify(wishes)}`;
  return `locks${String(locks)}.${kind}$(${what}, ${String(ttl)}${options})${shared ? '.pipe(shareLease())' : ''}`;
}

function printActor({ id, source, via, work, reactions }: Actor): string[] {
  const through = via === 'none' ? '' : `, ${via} ${JSON.stringify(work)}`;
  return [
    `  subscriber ${String(id)}: source ${String(source)}${through}`,
    ...reactions.map(
      ({ at, nth, above, act }) =>
        `    ${above ? 'in a tapLock' : 'in the end'}, at ${at} no. ${String(nth)}: ${printAct(act)}`,
    ),
  ];
}

function printStep(step: Step): string {
  return step.do === 'pass' ? `${String(step.ms)} ms pass` : printAct(step);
}

function printAct({ do: what, ...how }: Act): string {
  return [
    what,
    ...Object.entries(how).map(([key, value]) => (key === 'who' ? String(value) : `${key} ${String(value)}`)),
  ].join(' ');
}
