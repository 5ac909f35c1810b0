import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isAbsolute } from 'node:path';
import { LockConfigError } from '../../contract/errors.js';

/** Where the worker's file is in the package: beside the one that this is built into. */
const OWN = './threaded-worker.js';

/**
 * Finds the file that the worker runs.
 *
 * @param given By the user, who has bundled this package.
 * @throws LockConfigError if it is not there.
 */
export function workerFile(given: string | URL | undefined): URL {
  const file = given === undefined ? new URL(OWN, import.meta.url) : toUrl(given);
  if (file.protocol === 'file:' && existsSync(fileURLToPath(file))) return file;
  throw new LockConfigError(
    given === undefined
      ? "the worker's file is not beside that of rxlock/threaded, so it was bundled: leave rxlock out of the bundle (external), or bundle rxlock/threaded/worker into a file of its own, and say where that is: { worker: new URL('./worker.js', import.meta.url) }"
      : 'worker names no file: it is where rxlock/threaded/worker is, or a bundle of that',
    { option: 'worker' },
  );
}

function toUrl(given: string | URL): URL {
  if (given instanceof URL) return given;
  return isAbsolute(given) ? pathToFileURL(given) : new URL(given, pathToFileURL(`${process.cwd()}/`));
}
