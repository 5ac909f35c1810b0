import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { afterEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RULES = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as IConfiguration;

/** Files, and what each imports: files of the project by their path, which exist even if they are not listed; all else by its name. */
type Files = Record<string, readonly string[]>;

let folder: string | undefined;

afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

const isFile = (target: string): boolean => target.endsWith('.ts');

function specifier(file: string, target: string): string {
  return isFile(target) ? `./${relative(dirname(file), target).replace(/ts$/, 'js')}` : target;
}

function write(file: string, imports: readonly string[], kind: string): void {
  const lines = imports.map(
    (target, index) => `import ${kind}* as i${String(index)} from '${specifier(file, target)}';`,
  );
  const uses = imports.map((_, index) => `export { i${String(index)} };`);
  const path = join(folder ?? '', file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, [...lines, ...uses, 'export {};\n'].join('\n'));
}

/** The names of the rules that a set of files breaks. */
async function broken(files: Files, kind = ''): Promise<string[]> {
  folder = mkdtempSync(join(tmpdir(), 'rxlock-dependencies-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  for (const name of ['package.json', 'tsconfig.json']) symlinkSync(join(ROOT, name), join(folder, name));
  const all = {
    ...Object.fromEntries(
      Object.values(files)
        .flatMap((targets) => targets.filter(isFile))
        .map((file) => [file, []]),
    ),
    ...files,
  };
  for (const [file, imports] of Object.entries(all)) write(file, imports, kind);
  const result = await cruise(
    ['src', 'operators'].filter((top) => Object.keys(all).some((file) => file.startsWith(top))),
    {
      ...RULES.options,
      ruleSet: { forbidden: RULES.forbidden ?? [] },
      validate: true,
      baseDir: folder,
      preserveSymlinks: true,
    },
  );
  const { violations } = (result.output as ICruiseResult).summary;
  return [...new Set(violations.map(({ rule }) => rule.name))].sort();
}

const CAUGHT: [rule: string, files: Files][] = [
  // The corridor: no arrow back up.
  ['contract knows its rooms', { 'src/contract/a.ts': ['src/values/b.ts'] }],
  ['values knows its rooms', { 'src/values/a.ts': ['src/keeping/b.ts'] }],
  ['keeping knows its rooms', { 'src/keeping/a.ts': ['src/core/b.ts'] }],
  ['core knows its rooms', { 'src/core/a.ts': ['src/lease/b.ts'] }],
  ['lease knows its rooms', { 'src/lease/a.ts': ['src/contending/b.ts'] }],
  ['contending knows its rooms', { 'src/contending/a.ts': ['src/locks/b.ts'] }],
  ['locks knows its rooms', { 'src/locks/a.ts': ['src/default-locks.ts'] }],
  ['locks knows its rooms', { 'src/locks/a.ts': ['src/backends/memory/b.ts'] }],
  ['values knows its rooms', { 'src/values/a.ts': ['operators/b.ts'] }],
  // Beside the corridor.
  ['operators knows its rooms', { 'operators/a.ts': ['src/keeping/b.ts'] }],
  ['operators knows its rooms', { 'operators/internal/a.ts': ['src/locks/create-locks.ts'] }],
  ['table knows its rooms', { 'src/table/a.ts': ['src/server/b.ts'] }],
  ['native knows its rooms', { 'src/native/a.ts': ['src/table/b.ts'] }],
  ['backends/socket knows its rooms', { 'src/backends/socket/a.ts': ['src/server/native/b.ts'] }],
  ['server/daemon knows its rooms', { 'src/server/daemon/a.ts': ['src/backends/dflockd/b.ts'] }],
  ['cli knows its rooms', { 'src/cli/a.ts': ['src/server/daemon/b.ts'] }],
  ['backends/memory knows its rooms', { 'src/backends/memory/a.ts': ['src/keeping/b.ts'] }],
  ['backends/<own> knows its rooms', { 'src/backends/redis/a.ts': ['src/keeping/b.ts'] }],
  ['backends/<own> knows its rooms', { 'src/backends/redis/a.ts': ['src/table/b.ts'] }],
  ['backends/<own> knows its rooms', { 'src/backends/redis/locks/a.ts': ['src/backends/etcd/wire/b.ts'] }],
  ['server/*.ts knows its rooms', { 'src/server/a.ts': ['src/server/net/b.ts'] }],
  ['server/net knows its rooms', { 'src/server/net/a.ts': ['src/table/b.ts'] }],
  ['server/records knows its rooms', { 'src/server/records/a.ts': ['src/server/store/b.ts'] }],
  ['server/store knows its rooms', { 'src/server/store/a.ts': ['src/table/b.ts'] }],
  ['server/native knows its rooms', { 'src/server/native/a.ts': ['src/server/dflockd/wire/b.ts'] }],
  ['server/<own> knows its rooms', { 'src/server/dflockd/wire/a.ts': ['src/server/native/b.ts'] }],
  ['server/<own> knows its rooms', { 'src/server/dflockd/a.ts': ['src/backends/dflockd/wire/b.ts'] }],
  ['compat/*.ts knows its rooms', { 'src/compat/a.ts': ['src/compat/octostore/b.ts'] }],
  ['compat/<own> knows its rooms', { 'src/compat/octostore/a.ts': ['src/compat/dflockd/b.ts'] }],
  ['compat/redlock knows its rooms', { 'src/compat/redlock/a.ts': ['src/backends/dflockd/b.ts'] }],
  ['compat/<own> knows its rooms', { 'src/compat/octostore/engine/a.ts': ['src/backends/dflockd/b.ts'] }],
  ['compat/<own> knows its rooms', { 'src/compat/octostore/a.ts': ['src/locks/closing.ts'] }],
  ['otel knows its rooms', { 'src/otel/a.ts': ['src/locks/create-locks.ts'] }],
  ['node-cron knows its rooms', { 'src/node-cron/a.ts': ['src/locks/create-locks.ts'] }],
  ['nestjs knows its rooms', { 'src/nestjs/a.ts': ['src/core/core.ts'] }],
  ['threaded knows its rooms', { 'src/threaded/a.ts': ['src/core/core.ts'] }],
  ['testing knows its rooms', { 'src/testing/a.ts': ['src/backends/memory/memory.ts'] }],
  ['*.ts knows its rooms', { 'src/auto.ts': ['src/compat/octostore/client.ts'] }],
  ['*.ts knows its rooms', { 'src/auto.ts': ['src/server/session.ts'] }],
  ['*.ts knows its rooms', { 'src/index.ts': ['src/testing/marbles.ts'] }],
  ['every file has a room', { 'src/attic/a.ts': ['rxjs'] }],
  // Inside a room.
  ['no circles', { 'src/values/a.ts': ['src/values/b.ts'], 'src/values/b.ts': ['src/values/a.ts'] }],
  ['a backend stands on its wire', { 'src/backends/redis/wire/a.ts': ['src/backends/redis/client/b.ts'] }],
  ['a client stands on the wire', { 'src/backends/redis/client/a.ts': ['src/backends/redis/locks/b.ts'] }],
  ["a front's wire knows those below it", { 'src/server/dflockd/wire/a.ts': ['src/server/dflockd/desk/b.ts'] }],
  ["a front's desk knows those below it", { 'src/server/dflockd/desk/a.ts': ['src/server/dflockd/dialogue/b.ts'] }],
  ["a front's desk knows those below it", { 'src/server/dflockd/desk/a.ts': ['src/server/dflockd/options.ts'] }],
  ['nothing imports an index', { 'operators/with-lock.ts': ['operators/index.ts'] }],
  ['nothing imports an index', { 'src/default-locks.ts': ['src/backends/octostore/index.browser.ts'] }],
  ['nothing imports tests', { 'src/contending/a.ts': ['test/support/fake.ts'] }],
  // What is loaded.
  ['the root knows only memory', { 'src/index.ts': ['src/backends/redis/redis.ts'] }],
  [
    'the root knows only memory',
    { 'src/default-locks.ts': ['src/locks/a.ts'], 'src/locks/a.ts': ['src/backends/redis/redis.ts'] },
  ],
  ['the root imports only rxjs', { 'src/index.ts': ['src/values/a.ts'], 'src/values/a.ts': ['node:os'] }],
  ['only rxjs by its name', { 'operators/with-lock.ts': ['rxjs/operators'] }],
  ['only rxjs by its name', { 'src/contending/a.ts': ['rxjs/testing'] }],
  ['client libraries only in the wire', { 'src/auto.ts': ['undici'] }],
  ['client libraries only in the wire', { 'src/backends/octostore/locks/a.ts': ['lossless-json'] }],
  ['client libraries only in the wire', { 'src/compat/octostore/client.ts': ['undici'] }],
  ['sockets only in the wire', { 'src/backends/dflockd/locks/a.ts': ['node:net'] }],
  ['sockets only in the wire', { 'src/server/dflockd/a.ts': ['node:net'] }],
  ['sockets only in the wire', { 'src/auto.ts': ['node:tls'] }],
  ['a browser needs no node', { 'src/compat/octostore/index.browser.ts': ['node:fs'] }],
  [
    'a browser needs no node',
    {
      'src/backends/octostore/index.browser.ts': ['src/backends/octostore/wire/pool.ts'],
      'src/backends/octostore/wire/pool.ts': ['undici'],
    },
  ],
  ['only declared packages', { 'src/contending/a.ts': ['fast-check'] }],
  ['only what exists', { 'src/contending/a.ts': ['./nowhere.js'] }],
];

/** The way things are meant to depend. */
const MEANT: Files = {
  'src/contract/lease.ts': ['rxjs', 'src/contract/errors.ts'],
  'src/values/duration.ts': ['src/contract/time.ts'],
  'src/keeping/keeper.ts': ['src/contract/lease.ts', 'src/values/heap.ts'],
  'src/core/core.ts': ['src/keeping/keeper.ts'],
  'src/lease/held-lease.ts': ['src/core/core.ts', 'src/keeping/kept.ts'],
  'src/contending/lock.ts': ['src/lease/held-lease.ts', 'src/values/retry-policy.ts'],
  'src/locks/create-locks.ts': ['src/contending/lock.ts', 'src/core/core.ts'],
  'src/default-locks.ts': ['src/locks/create-locks.ts', 'src/backends/memory/memory.ts'],
  'src/index.ts': ['src/default-locks.ts', 'operators/index.ts'],
  'src/auto.ts': ['src/backends/octostore/index.ts', 'src/locks/create-locks.ts'],
  'operators/index.ts': ['operators/with-lock.ts'],
  'operators/with-lock.ts': ['rxjs', 'operators/internal/run.ts', 'src/contract/errors.ts', 'src/values/duration.ts'],
  'src/table/lock-table.ts': ['src/values/heap.ts'],
  'src/backends/memory/memory.ts': ['src/contract/backend.ts', 'src/table/lock-table.ts'],
  'src/backends/octostore/index.ts': ['src/backends/octostore/octostore.ts'],
  'src/backends/octostore/octostore.ts': ['src/backends/octostore/client/options.ts'],
  'src/backends/octostore/client/options.ts': ['src/backends/octostore/wire/api.ts', 'src/values/duration.ts'],
  'src/backends/octostore/locks/attempts.ts': ['src/backends/octostore/client/options.ts'],
  'src/backends/octostore/wire/api.ts': ['undici', 'eventsource-parser', 'src/contract/errors.ts'],
  'src/backends/dflockd/wire/socket.ts': ['node:net', 'node:tls'],
  'src/server/session.ts': ['src/table/server-table.ts'],
  'src/server/server-core.ts': ['src/server/records/stored-records.ts'],
  'src/server/store/open-store.ts': ['src/server/ledger.ts', 'src/server/records/head.ts', 'classic-level'],
  'src/server/net/listen.ts': ['node:net', 'node:tls', 'src/server/session.ts'],
  'src/server/dflockd/dflockd-server.ts': ['src/server/net/listen.ts', 'src/server/dflockd/dialogue/dialogue.ts'],
  'src/server/dflockd/dialogue/dialogue.ts': ['src/server/dflockd/desk/keys.ts', 'src/server/dflockd/wire/request.ts'],
  'src/server/dflockd/desk/keys.ts': ['src/server/session.ts', 'src/server/dflockd/wire/request.ts'],
  'src/compat/kin-error.ts': ['src/contract/errors.ts'],
  'src/compat/octostore/engine/engine.ts': [
    'rxjs',
    'src/compat/kin-error.ts',
    'src/keeping/keeper.ts',
    'src/locks/create-locks.ts',
    'src/backends/octostore/wire/api.ts',
  ],
  'src/nestjs/locked.ts': ['@nestjs/common', 'src/locks/create-locks.ts', 'operators/using-lock.ts'],
  'src/threaded/worker/wards.ts': ['src/keeping/keeper.ts', 'src/contract/lease.ts'],
  'src/testing/marbles.ts': ['rxjs/testing', 'src/contract/lease.ts', 'src/locks/create-locks.ts'],
};

describe('the dependency rules', () => {
  it('accept the way things are meant to depend', async () => {
    expect(await broken(MEANT)).toEqual([]);
  });

  it.each(CAUGHT)('%s: %j', async (rule, files) => {
    expect(await broken(files)).toContain(rule);
  });

  it('count what is imported for its types alone', async () => {
    const circle = { 'src/values/a.ts': ['src/values/b.ts'], 'src/values/b.ts': ['src/values/a.ts'] };
    expect(await broken(circle, 'type ')).toEqual(['no circles']);
    expect(await broken({ 'src/contract/a.ts': ['src/locks/b.ts'] }, 'type ')).toEqual(['contract knows its rooms']);
  });

  it('are each shown to catch something', () => {
    const names = (RULES.forbidden ?? []).map(({ name }) => name);
    expect([...new Set(CAUGHT.map(([rule]) => rule))].sort()).toEqual([...names].sort());
  });
});
