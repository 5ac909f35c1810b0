import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a user who wrote `npm install rxlock rxjs` and tests with vitest, rxjs-marbles or chai can import, or has an application of Nest. */
const PACKAGES = [
  'rxjs',
  'rxjs-marbles',
  'vitest',
  'chai',
  '@types/node',
  '@types/chai',
  'ioredis',
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/schedule',
  'node-cron',
  'playwright-core',
];
/** What the docs show of packages that are not installed. */
const MODULES = join(ROOT, 'scripts/lib/docs-modules.d.ts');

/**
 * A folder outside the repository where `rxlock` is the built package, for programs that stand for a user's.
 */
export async function makeProject() {
  if (!existsSync(join(ROOT, 'dist/index.d.ts'))) throw new Error('there is no dist: run `npm run build` first');
  const folder = await mkdtemp(join(tmpdir(), 'rxlock-programs-'));
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'programs', private: true, type: 'module' }));
  await symlink(ROOT, join(folder, 'node_modules/rxlock'), 'dir');
  await mkdir(join(folder, 'node_modules/@nestjs'));
  for (const name of PACKAGES) await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), 'dir');
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Type-checks programs as a strict user does, and compiles them.
 *
 * @param programs `{ name, text, origin, column }`: its file name in the folder, its text, where it was written (lines
 * agree), and how many columns were cut off.
 * @returns The failures, as `{ program, where, message }`. Each program without one has `js`, its compiled file.
 */
export async function compile(folder, programs) {
  for (const program of programs) {
    program.ts = join(folder, program.name);
    program.js = join(folder, 'out', program.name.replace(/\.ts$/, '.js'));
    await mkdir(dirname(program.ts), { recursive: true });
    await writeFile(program.ts, program.text);
  }
  const compiler = ts.createProgram({
    rootNames: [...programs.map((program) => program.ts), MODULES],
    options: {
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts'],
      types: ['node'],
      typeRoots: [join(folder, 'node_modules/@types')],
      module: ts.ModuleKind.NodeNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      // As Nest has it.
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      rootDir: folder,
      outDir: join(folder, 'out'),
      sourceMap: true,
    },
  });
  compiler.emit();
  const byFile = new Map(programs.map((program) => [program.ts.split(sep).join('/'), program]));
  return ts.getPreEmitDiagnostics(compiler).map((diagnostic) => {
    const program = byFile.get(diagnostic.file?.fileName ?? '');
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n  ');
    const start = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
    const file = program?.origin ?? diagnostic.file?.fileName ?? 'typescript';
    const where = start ? `${file}:${start.line + 1}:${start.character + 1 + (program?.column ?? 0)}` : file;
    return { program, where, message: `TS${diagnostic.code}: ${message}` };
  });
}

/**
 * Runs a program to its end.
 *
 * @returns `undefined` if it ended well within the time, else what went wrong, with the tail of what it printed.
 */
export async function run(args, { cwd, env = {}, timeout = 30_000 }) {
  const child = spawn(process.execPath, args, { cwd, env: { ...plainEnv(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeout);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...how) => resolve(how));
  });
  clearTimeout(timer);
  if (code === 0) return undefined;
  const reason = late ? `did not end within ${timeout / 1000} s` : signal ? `killed by ${signal}` : `exit code ${code}`;
  return `${reason}\n${tail(output, 30)}`;
}

/** Calls `work` for each item, a few at a time. */
export async function inParallel(items, work, width = availableParallelism()) {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}

/** Prints the failures and the count; sets the exit code. */
export function report(title, count, failures) {
  for (const { where, message } of failures) console.error(`\n${where}\n  ${message.split('\n').join('\n  ')}`);
  const failed = new Set(failures.map((failure) => failure.program ?? failure.where)).size;
  console.log(`${title}: ${count - failed} passed, ${failed} failed`);
  if (failed > 0 || count === 0) process.exitCode = 1;
}

export function fromRoot(file) {
  return relative(ROOT, file).split(sep).join('/');
}

function tail(text, lines) {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** What a test runner sets must not change how a user's program behaves. */
function plainEnv() {
  const { NODE_ENV, NODE_OPTIONS, VITEST, OCTOSTORE_BASE_URL, OCTOSTORE_TOKEN, DFLOCKD_AUTH_TOKEN, REDIS_URL, RXLOCK_URL, FORCE_COLOR, ...env } = process.env;
  void [NODE_ENV, NODE_OPTIONS, VITEST, OCTOSTORE_BASE_URL, OCTOSTORE_TOKEN, DFLOCKD_AUTH_TOKEN, REDIS_URL, RXLOCK_URL, FORCE_COLOR];
  return env;
}
