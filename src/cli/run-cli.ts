import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { failureOf } from './failure-of.js';
import { outlive, say } from './say.js';
import { serveCommand } from './serve/serve-command.js';
import type { Surroundings } from './surroundings.js';

/** Used wrongly, as shells say it. */
const USAGE = 2;
const FAILED = 1;
const SWITCHES = ['RXLOCK_INSECURE', 'RXLOCK_EPHEMERAL', 'RXLOCK_NO_METRICS'];

/**
 * Runs the command `rxlock`.
 *
 * @param args Without the names of the program.
 * @returns Its exit code: 0, or 1 if it failed, or 2 if it was used wrongly.
 */
export async function runCli(args: readonly string[], around: Surroundings): Promise<number> {
  outlive(around.stdout, around.stderr);
  tidy(around.env);
  const program = programOf(around);
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return 0;
  } catch (error) {
    // It has said already what is wrong; for its help it has nothing to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    const { message, isUsage } = failureOf(error);
    say(around.stderr, `rxlock: ${message}\n`);
    return isUsage ? USAGE : FAILED;
  }
}

function programOf(around: Surroundings): Command {
  const output = {
    writeOut: (text: string) => {
      say(around.stdout, text);
    },
    writeErr: (text: string) => {
      const line = text
        .trim()
        .replace(/^error: /, 'rxlock: ')
        .replace(/\s*\n\s*/g, ' ');
      say(around.stderr, `${line}\n`);
    },
    getOutHelpWidth: () => Math.min(around.stdout.columns ?? 100, 100),
    getErrHelpWidth: () => Math.min(around.stderr.columns ?? 100, 100),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  };
  const program = new Command('rxlock')
    .description('Distributed locks. See https://github.com/rxlock/rxlock')
    .version(versionOf(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureOutput(output)
    .exitOverride()
    .showSuggestionAfterError();
  const serve = serveCommand(around).configureOutput(output).exitOverride();
  return program.addCommand(serve).addHelpText('after', '\nThe options of a command: rxlock serve --help');
}

/** A variable that is empty is none, and a switch of which one says no is off. */
function tidy(env: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('RXLOCK_')) continue;
    const isNo = SWITCHES.includes(name) && /^(?:0|no|off|false)$/i.test(value ?? '');
    if (value === '' || isNo) Reflect.deleteProperty(env, name);
  }
}

function versionOf(): string {
  const { version } = createRequire(import.meta.url)('rxlock/package.json') as { version: string };
  return version;
}
