// Finds the OctoStore server, and installs it from crates.io where it is missing (about 4 minutes on 2 cores).
//
//   node scripts/octostore.mjs          prints where the server is; installs it first if need be
//   node scripts/octostore.mjs --find   prints where it is; exits with 1 if it is nowhere
//
// It is looked for in OCTOSTORE_BIN, the PATH, ~/.cargo/bin and the cache, RXLOCK_CACHE or ~/.cache/rxlock.
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { argv, env, exit, platform } from 'node:process';
import { pathToFileURL } from 'node:url';
import { findProgram, isProgram } from './lib/find-program.mjs';

const VERSION = '0.14.4';
const PROGRAM = platform === 'win32' ? 'octostore.exe' : 'octostore';
const CACHE = join(env.RXLOCK_CACHE ?? join(homedir(), '.cache', 'rxlock'), `octostore-${VERSION}`);

export function findOctoStore() {
  return findProgram(PROGRAM, 'OCTOSTORE_BIN', [join(homedir(), '.cargo', 'bin'), join(CACHE, 'bin')]);
}

export function installOctoStore() {
  const found = findOctoStore();
  if (found !== undefined) return found;
  const cargo = [join(homedir(), '.cargo', 'bin', 'cargo'), 'cargo'].find(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0,
  );
  if (cargo === undefined) throw new Error('there is no cargo to install OctoStore with; see https://rustup.rs');
  // What cargo says goes to stderr: stdout is for the path.
  const { status } = spawnSync(cargo, ['install', 'octostore', '--version', VERSION, '--locked', '--root', CACHE], {
    stdio: ['ignore', 2, 2],
  });
  const installed = join(CACHE, 'bin', PROGRAM);
  if (status !== 0 || !isProgram(installed)) throw new Error('cargo could not install OctoStore');
  return installed;
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    const path = argv.includes('--find') ? findOctoStore() : installOctoStore();
    if (path === undefined) throw new Error('OctoStore is not installed; run: node scripts/octostore.mjs');
    console.log(path);
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}
