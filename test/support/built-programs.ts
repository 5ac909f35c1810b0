import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `tsup` builds with. */
interface Builder {
  buildSync(options: object): unknown;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// Within the project, so that what is imported is found.
const BUILDS = join(ROOT, 'build');
const PREFIX = 'programs-';

/**
 * Builds programs from the sources: for processes that are started again and again, as loading the compiler and each file takes most of
 * a second, and for workers, which know no TypeScript. They are gone with this process, or when the next one builds after its end.
 *
 * @param entries Their files in the project, by name. What they share they load from one file.
 * @returns Where each is.
 */
export function buildPrograms<Name extends string>(entries: Readonly<Record<Name, string>>): Record<Name, string> {
  mkdirSync(BUILDS, { recursive: true });
  removeOld();
  const folder = mkdtempSync(join(BUILDS, `${PREFIX}${String(process.pid)}-`));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const require = createRequire(import.meta.url);
  const { buildSync } = createRequire(require.resolve('tsup'))('esbuild') as Builder;
  const files = Object.entries<string>(entries);
  buildSync({
    entryPoints: Object.fromEntries(files.map(([name, file]) => [name, join(ROOT, file)])),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
  });
  return Object.fromEntries(files.map(([name]) => [name, join(folder, `${name}.mjs`)])) as Record<Name, string>;
}

const programs = new Map<string, string>();

/** As {@link buildPrograms}, of one program, once in a process. */
export function builtProgram(file: string): string {
  const known = programs.get(file) ?? buildPrograms({ program: file }).program;
  programs.set(file, known);
  return known;
}

/** What processes have left that were ended from outside, as the runner of tests does. */
function removeOld(): void {
  for (const name of readdirSync(BUILDS).filter((one) => one.startsWith(PREFIX))) {
    const [pid] = name.slice(PREFIX.length).split('-');
    if (!isAlive(Number(pid))) rmSync(join(BUILDS, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
