import type { ServerLog } from '../server-log.js';

/** An error may have been brought about by so many others that are told. */
const MANY = 8;

/** Tells the log that nothing can be stored any more, and why; and that it can be again. What clients are told of it has no path in it. */
export function troubleLog(log: ServerLog): (failure?: Error) => void {
  return (failure) => {
    if (failure === undefined) log.say('info', 'storing again');
    else log.say('error', 'nothing can be stored', { reason: reasonOf(failure) });
  };
}

function reasonOf(failure: Error): string {
  const texts: string[] = [];
  for (let one: unknown = failure; one instanceof Error && texts.length < MANY; one = one.cause)
    texts.push(one.message);
  return texts.join(': ');
}
