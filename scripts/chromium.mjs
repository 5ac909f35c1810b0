// Finds Chromium, and installs it with apt-get where it is missing (Debian).
//
//   node scripts/chromium.mjs          prints where it is; installs it first if need be
//   node scripts/chromium.mjs --find   prints where it is; exits with 1 if it is nowhere
//
// It is looked for in CHROMIUM_BIN and the PATH.
import { argv, exit } from 'node:process';
import { pathToFileURL } from 'node:url';
import { aptInstall } from './lib/apt-get.mjs';
import { findProgram } from './lib/find-program.mjs';

export function findChromium() {
  return findProgram('chromium', 'CHROMIUM_BIN', ['/usr/bin', '/usr/local/bin']);
}

export function installChromium() {
  const found = findChromium();
  if (found !== undefined) return found;
  aptInstall(['chromium']);
  const installed = findChromium();
  if (installed === undefined) throw new Error('apt-get could not install chromium');
  return installed;
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    const path = argv.includes('--find') ? findChromium() : installChromium();
    if (path === undefined) throw new Error('Chromium is not installed; run: node scripts/chromium.mjs');
    console.log(path);
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}
