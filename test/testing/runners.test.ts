import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** Runs a file of this folder under `node:test`. */
async function run(file: string, ...options: readonly string[]): Promise<string> {
  const path = fileURLToPath(new URL(`support/${file}`, import.meta.url));
  const args = ['--import', 'tsx', '--test-reporter=tap', ...options, path];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout;
}

/** How many tests have passed. */
function passed(stdout: string): number {
  expect(stdout).toMatch(/^# fail 0$/m);
  return Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
}

describe.concurrent('under node:test', { timeout: 60_000 }, () => {
  it('the conformance suite runs', async () => {
    const stdout = await run('node-runner.ts', '--test-name-pattern=exclusion|refuses|leaves nothing');
    expect(stdout).toContain('ok 1 - grants a free lock, and completes');
    expect(stdout).toContain('leaves nothing behind');
    expect(passed(stdout)).toBeGreaterThan(8);
  });

  it('marbles are compared by the expect of chai', async () => {
    expect(passed(await run('chai-runner.ts'))).toBe(2);
  });

  it('mock timers drive locks', async () => {
    expect(passed(await run('mock-timers-runner.ts'))).toBe(2);
  });
});
