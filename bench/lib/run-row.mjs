import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startServices } from './start-services.mjs';

/** Runs one row in a process of its own beside the services that it needs. Gives its lines, and why it failed if it did. */
export async function runRow({ name, limit, services }, { quick = false, profiles = '', signal }) {
  const lines = [];
  let running;
  try {
    signal.throwIfAborted();
    running = await startServices(services);
    const env = { ...running.env, BENCH_PROFILES: profiles };
    const ends = AbortSignal.any([signal, AbortSignal.timeout(limit)]);
    await inChild(name, { quick, env, signal: ends }, (line) => lines.push(line));
    if (lines.length === 0) throw new Error('it measured nothing');
    return { lines };
  } catch (error) {
    const timedOut = error.name === 'TimeoutError';
    return { lines, failed: timedOut ? 'not done in time' : error.message };
  } finally {
    await running?.stop();
  }
}

async function inChild(name, { quick, env, signal }, report) {
  const program = fileURLToPath(new URL(`../${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [program, ...(quick ? ['--quick'] : [])], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  child.on('message', report);
  // The row ends its own children when it is asked to.
  const kill = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 2000).unref();
  };
  if (signal.aborted) kill();
  signal.addEventListener('abort', kill, { once: true });
  const [code, killed] = await once(child, 'close');
  signal.removeEventListener('abort', kill);
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`${killed ?? `exit code ${code}`}\n${said.trim()}`);
}
