import { pathToFileURL } from 'node:url';
import { buildPrograms } from './built-programs.js';

/** Addresses that a worker can load: it knows no TypeScript. */
export interface ThreadedBuild {
  /** The worker's own file. */
  readonly worker: string;
  /** `threaded-services.ts`. */
  readonly services: string;
}

let built: ThreadedBuild | undefined;

/** Builds what a worker runs from the sources, once in a process; it is gone with the process. */
export function threadedBuild(): ThreadedBuild {
  return (built ??= build());
}

function build(): ThreadedBuild {
  const { worker, services } = buildPrograms({
    worker: 'src/threaded/worker/worker.ts',
    services: 'test/support/threaded-services.ts',
  });
  return { worker: pathToFileURL(worker).href, services: pathToFileURL(services).href };
}
