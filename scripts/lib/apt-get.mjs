import { spawnSync } from 'node:child_process';
import { getuid } from 'node:process';

/**
 * Installs packages of Debian, as root or by `sudo` where that asks for no password. What apt says goes to stderr.
 *
 * @throws Error that says what to do if that cannot be done here. Whether they work is the caller's to see.
 */
export function aptInstall(packages) {
  const what = packages.join(' and ');
  const works = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  if (!works('apt-get', '--version')) throw new Error(`${what} missing, and no apt-get to install it with`);
  const sudo = getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (sudo.length > 0 && !works('sudo', '-n', 'true')) {
    throw new Error(`${what} missing: install it with \`sudo apt-get install ${packages.join(' ')}\``);
  }
  console.error(`installing ${what}`);
  // In run level 1 a package starts no service of the system's own.
  const prefix = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', 'apt-get'];
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const [program, ...rest] = [...prefix, ...args];
    spawnSync(program, rest, { stdio: ['ignore', 2, 2] });
  }
}
