import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithProgram } from '../../support/describe-with-program.js';
import { until } from '../../support/poll.js';
import { Journal } from './support/journal.js';
import { dflockdClient, httpClient, type Field } from './support/kill-clients.js';
import { KillTarget } from './support/kill-target.js';

const DISK = mkdtempSync(join(tmpdir(), 'rxlock-disk-'));
const BALLAST = join(DISK, 'ballast');
const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', DISK]).status === 0;
const TTL = 60_000;

afterAll(() => {
  if (isMounted) spawnSync('umount', [DISK]);
  rmSync(DISK, { recursive: true, force: true });
});

/** Leaves nothing free. */
function fill(): void {
  for (const size of [4096, 1]) {
    try {
      for (;;) appendFileSync(BALLAST, Buffer.alloc(size));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  }
}

describeWithProgram('a server whose disk is full', isMounted ? undefined : 'only root can mount a small disk', () => {
  let target: KillTarget;
  let field: Field;
  beforeAll(async () => {
    target = new KillTarget(DISK);
    await target.start();
    field = { journal: new Journal(), ports: target.ports, names: [], isOver: false };
  });
  afterAll(() => target.remove());
  afterEach(() => {
    rmSync(BALLAST, { force: true });
  });

  it('refuses new locks and says why, harms none that is held, goes on by itself, and forgets nothing', async () => {
    const [kept, returned, fresh] = [httpClient(field, 1), dflockdClient(field), dflockdClient(field)];
    expect(await kept.acquire('kept', TTL)).toBeDefined();
    expect(await returned.acquire('returned', TTL)).toBeDefined();
    fill();
    // Until what was there before is used up.
    let count = 0;
    while ((await fresh.acquire(`x${String(count)}`, TTL)) !== undefined) count++;
    const refusal = await fetch(`http://127.0.0.1:${String(target.ports.http)}/locks/new/acquire`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer 00000000-0000-4000-8000-000000000002` },
      body: '{"ttl_seconds":60}',
    });
    expect([refusal.status, await refusal.text()]).toEqual([
      409,
      expect.stringContaining('the disk of the lock server is full'),
    ]);
    expect(await kept.renew('kept', TTL)).toBe(true);
    expect(await returned.renew('returned', TTL)).toBe(true);
    // Longer than what is on disk: by as much as that, and it is no loss.
    expect(await returned.renew('returned', 2 * TTL)).toBe(true);
    await returned.release('returned');
    rmSync(BALLAST);
    await until(async () => (await fresh.acquire('after', TTL)) !== undefined);
    await target.kill();
    await target.start();
    expect(await kept.renew('kept', TTL)).toBe(true);
    for (const name of ['kept', 'after', ...Array.from({ length: count }, (_, index) => `x${String(index)}`)])
      expect(await dflockdClient(field).acquire(name, TTL), name).toBeUndefined();
    expect(await dflockdClient(field).acquire('returned', TTL)).toBeDefined();
  }, 60_000);
});
