import { fork } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layOut } from './lines.mjs';

/** Tiny counts: shows that a row works, and says nothing about speed. */
export const quick = process.argv.includes('--quick');

/**
 * One row, as a program. `measure({ start, report })` reports lines; `start(side)` starts one of `sides` in a process
 * of its own, so that neither heaps nor what the compiler has learnt mix, and gives an object with its methods.
 * The rounds of all sides take turns.
 */
export async function bench(url, { sides = {}, measure }) {
  const at = process.argv.indexOf('--side');
  if (at >= 0) return serve(sides[process.argv[at + 1]]);
  const children = [];
  process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));
  process.on('SIGTERM', () => process.exit(1));
  const start = async (side) => {
    const child = fork(fileURLToPath(url), ['--side', side, ...(quick ? ['--quick'] : [])], {
      execArgv: ['--expose-gc', ...profiling(`${basename(url, '.mjs')}-${side}`)],
    });
    children.push(child);
    return remote(side, child);
  };
  const alone = [];
  const report = process.send ? (line) => process.send(line) : (line) => alone.push(line);
  try {
    await measure({ start, report });
    for (const text of layOut(alone)) console.log(text);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  // Profiles are written when a side ends by itself.
  await Promise.all(children.filter(({ connected }) => connected).map((child) => ended(child)));
  process.disconnect?.();
}

/** Arguments for Node that write a CPU profile, if the runner was asked for profiles. */
function profiling(name) {
  const folder = process.env.BENCH_PROFILES;
  if (!folder) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name.replaceAll(/[^\w-]+/g, '-')}.cpuprofile`];
}

function ended(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', resolve);
    child.disconnect();
  });
}

async function serve(make) {
  process.once('disconnect', () => process.exit());
  const side = await make();
  process.on('message', async ({ id, method, args }) => {
    try {
      process.send({ id, value: await side[method](...args) });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  });
  process.send({ id: 0 });
}

/** The methods of a side in another process. */
async function remote(side, child) {
  const pending = new Map();
  let count = 0;
  const asked = (id) => new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = pending.get(id);
    pending.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(`${side}: ${error}`));
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of pending.values()) reject(new Error(`${side} ended: ${signal ?? `exit code ${code}`}`));
  });
  await asked(0);
  return new Proxy(
    {},
    {
      get: (_, method) => {
        if (method === 'then') return undefined;
        return (...args) => {
          const answer = asked(++count);
          child.send({ id: count, method, args });
          return answer;
        };
      },
    },
  );
}
