import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { builtProgram } from './built-programs.js';

/** A program that goes on for so long goes on for ever. Milliseconds. */
const FOR_EVER = 50_000;

/** How a program has ended. */
export interface Ended {
  /** Its exit code, or the signal that ended it. */
  readonly code: unknown;
  readonly out: string;
  readonly errors: string;
}

/**
 * Runs a program of the tests until it ends by itself. One that does not is killed in the end.
 *
 * @param file In the project.
 */
export async function runProgram(file: string, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(execPath, [builtProgram(file), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), FOR_EVER);
  const [out, errors, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  clearTimeout(timer);
  return { code: (code ?? signal) as unknown, out, errors };
}
