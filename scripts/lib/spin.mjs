// Runs `spin`, the model checker, and reads what it says. Installs it, and a C compiler, where they are missing.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { aptInstall } from './apt-get.mjs';

const COMPILERS = ['cc', 'gcc', 'clang'];
/** Megabytes. A search that needs more is cut off, which counts as a failure. */
const MEMORY = 3000;
/** A search that says one of these has not seen every state, or not kept it as it is. */
const CUT_SHORT = /max search depth too small|MEMLIM|out of memory|bit statespace|hash-compact|can't happen|aborting/i;

function run(program, args, options = {}) {
  return spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 26, ...options });
}

function works(program, flag) {
  return run(program, [flag]).status === 0;
}

function compiler() {
  return COMPILERS.find((one) => works(one, '--version'));
}

/** @throws Error if spin or a C compiler is missing and cannot be installed. */
export function requireSpin() {
  const missing = () => [...(works('spin', '-V') ? [] : ['spin']), ...(compiler() === undefined ? ['gcc'] : [])];
  const wanted = missing();
  if (wanted.length === 0) return;
  aptInstall(wanted.includes('gcc') ? [...wanted, 'libc6-dev'] : wanted);
  if (missing().length > 0) throw new Error(`apt-get could not install ${missing().join(' and ')}`);
}

/**
 * Searches every state of a model, breadth first: a counterexample is as short as any.
 *
 * @param model The path of the Promela file.
 * @param defines What is given by -D.
 * @returns Whether the model is safe, how many states there are, how long it took, and how it is violated.
 * @throws Error if the search did not see all of them.
 */
export async function check(model, defines) {
  const folder = await mkdtemp(join(tmpdir(), 'rxlock-model-'));
  const options = defines.map((one) => `-D${one}`);
  const within = { cwd: folder };
  try {
    must(run('spin', [...options, '-a', model], within), 'spin');
    const flags = ['-O2', '-DSAFETY', '-DBFS', `-DMEMLIM=${String(MEMORY)}`, '-o', 'pan', 'pan.c'];
    must(run(compiler(), flags, within), 'the C compiler');
    const began = performance.now();
    const { stdout, stderr } = run(join(folder, 'pan'), [], within);
    const seconds = (performance.now() - began) / 1000;
    const said = stdout + stderr;
    const errors = /errors: (\d+)/.exec(said)?.[1];
    const states = Number(/(\d+) states, stored/.exec(said)?.[1]);
    const safe = errors === '0';
    // An error ends the search, so only a safe model has to be searched to its end.
    const whole = said.includes('Full statespace search') && !(safe && said.includes('Search not completed'));
    if (CUT_SHORT.test(said) || errors === undefined || !(states > 0) || !whole) {
      throw new Error(`the search was cut short:\n${said}`);
    }
    return { safe, states, seconds, story: safe ? [] : await story(model, options, within) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What led to the violation, as the model itself tells it. */
async function story(model, options, within) {
  const trail = join(within.cwd, `${basename(model)}.trail`);
  await readFile(trail); // or there is nothing to replay
  const { stdout } = run('spin', [...options, '-T', '-t', '-k', trail, model], within);
  const lines = stdout.split('\n');
  const end = lines.findIndex((line) => line.startsWith('spin:'));
  if (end < 0 || !lines[end].includes('assertion violated')) throw new Error(`the counterexample shows no violation:\n${stdout}`);
  return lines.slice(0, end).map((line) => line.trim());
}

function must({ status, stdout, stderr, error }, who) {
  if (status !== 0) throw new Error(`${who} failed: ${error?.message ?? stdout + stderr}`);
}
