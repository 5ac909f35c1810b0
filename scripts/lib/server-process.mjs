import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Starts a server with a folder of its own.
 *
 * @param args Its arguments, or a function that gives them once it has put into the folder what they need.
 * @param env For those who shall use it.
 * @param up Rejects as long as the server does not answer.
 * @param settings Its own environment; that of this process by default.
 */
export async function startServer(program, args, env, up, settings = process.env) {
  const folder = await mkdtemp(join(tmpdir(), 'rxlock-server-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  let child;
  try {
    const all = typeof args === 'function' ? await args(folder) : args;
    child = spawn(program, all.map(String), { cwd: folder, stdio: 'ignore', env: settings });
    await once(child, 'spawn');
  } catch (error) {
    await remove();
    throw error;
  }
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    await remove();
  };
  try {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (child.exitCode !== null) throw new Error(`${program} ended at once, with exit code ${child.exitCode}`);
      const isUp = await up().then(
        () => true,
        () => false,
      );
      if (isUp) return { env, stop };
      await pause(50);
    }
    throw new Error(`${program} did not answer within 10 s`);
  } catch (error) {
    await stop();
    throw error;
  }
}
