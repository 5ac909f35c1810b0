import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** What `tsup` builds with. */
interface Builder {
  buildSync(options: object): unknown;
}

/** Addresses that a worker can load: it knows no TypeScript. */
export interface ThreadedBuild {
  /** The worker's own file. */
  readonly worker: string;
  /** `threaded-services.ts`. */
  readonly services: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOUR = 3_600_000;
let built: ThreadedBuild | undefined;

/** Builds what a worker runs from the sources, once in a process; it is gone with the process. */
export function threadedBuild(): ThreadedBuild {
  return (built ??= build());
}

function build(): ThreadedBuild {
  const require = createRequire(import.meta.url);
  const { buildSync } = createRequire(require.resolve('tsup'))('esbuild') as Builder;
  // Within the project, so that what it imports is found.
  const builds = join(ROOT, 'build');
  mkdirSync(builds, { recursive: true });
  // What a run has left that was ended from outside.
  for (const name of readdirSync(builds).filter((one) => one.startsWith('threaded-'))) {
    const old = join(builds, name);
    if (Date.now() - statSync(old).mtimeMs > HOUR) rmSync(old, { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(builds, 'threaded-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  buildSync({
    entryPoints: {
      worker: join(ROOT, 'src/threaded/worker/worker.ts'),
      services: join(ROOT, 'test/support/threaded-services.ts'),
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
  });
  const addressOf = (name: string): string => pathToFileURL(join(folder, name)).href;
  return { worker: addressOf('worker.mjs'), services: addressOf('services.mjs') };
}
