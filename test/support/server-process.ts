import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A test run that dies must not leave servers behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A server in a process of its own, which ends with the tests at the latest. */
export class ServerProcess {
  readonly child: ChildProcess;

  constructor(binary: string, args: readonly string[], options: SpawnOptions) {
    this.child = spawn(binary, args, options);
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Fails if it has ended. */
  assertRuns(): void {
    if (this.hasEnded) throw new Error(`the server ended with ${String(this.child.exitCode ?? this.child.signalCode)}`);
  }

  /** Stops it dead, before this returns: its connections stay open, and nothing is answered. */
  pause(): void {
    this.child.kill('SIGSTOP');
    // A busy machine takes its time to stop each thread, and one that still runs may answer.
    while (this.pid !== undefined && !this.hasEnded && !standsStill(this.pid)) continue;
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** Ends it, paused or not. Resolves when it is gone. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.hasEnded) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGCONT');
    this.child.kill(signal);
    await exit;
  }
}

/** Have all threads of a process stopped? Only Linux tells. */
function standsStill(pid: number): boolean {
  const tasks = `/proc/${String(pid)}/task`;
  if (!existsSync(tasks)) return true;
  try {
    return readdirSync(tasks).every((task) => /\) [TtZX] /.test(readFileSync(`${tasks}/${task}/stat`, 'latin1')));
  } catch {
    // A thread has ended meanwhile.
    return false;
  }
}
