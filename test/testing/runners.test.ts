import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const RUNNER = fileURLToPath(new URL('support/node-runner.ts', import.meta.url));

describe('the conformance suite', () => {
  it('runs under node:test', { timeout: 60_000 }, async () => {
    const args = [
      '--import',
      'tsx',
      '--test-reporter=tap',
      '--test-name-pattern=exclusion|refuses|leaves nothing',
      RUNNER,
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toContain('ok 1 - grants a free lock, and completes');
    expect(stdout).toContain('leaves nothing behind');
    expect(stdout).toMatch(/^# fail 0$/m);
    const [, passed] = /^# pass (\d+)$/m.exec(stdout) ?? [];
    expect(Number(passed)).toBeGreaterThan(8);
  });
});
