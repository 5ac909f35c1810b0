import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { afterEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RULES = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as IConfiguration;

let folder: string | undefined;

afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** The names of the rules that a set of files breaks. Each file imports what is listed with it. */
async function broken(files: Record<string, readonly string[]>): Promise<string[]> {
  folder = mkdtempSync(join(tmpdir(), 'rxlock-dependencies-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  for (const name of ['package.json', 'tsconfig.json']) symlinkSync(join(ROOT, name), join(folder, name));
  for (const [file, imports] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    const lines = imports.map(
      (target, index) => `import * as i${String(index)} from '${target}';\nvoid i${String(index)};`,
    );
    writeFileSync(join(folder, file), [...lines, 'export {};\n'].join('\n'));
  }
  const result = await cruise(
    ['src', 'operators'].filter((top) => Object.keys(files).some((file) => file.startsWith(top))),
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

describe('the dependency rules', () => {
  it('accept the way things are meant to depend', async () => {
    const files = {
      'src/contract/lease.ts': ['rxjs'],
      'src/contract/errors.ts': ['./types.js'],
      'src/keeping/keeper.ts': ['./types.js', './errors.js'],
      'src/contending/lock.ts': ['./keeper.js'],
      'src/contract/locks.ts': ['./lock.js'],
      'src/backends/memory/memory.ts': ['../../types.js', '../../errors.js'],
      'src/backends/octostore/index.ts': ['undici', '../../errors.js'],
      'src/backends/dflockd/wire/socket.ts': ['node:net', 'node:tls'],
      'src/server/net/listen.ts': ['node:net', 'node:tls'],
      'src/locks/create-locks.ts': ['./lock.js'],
      'src/compat/octostore/client.ts': [
        'rxjs',
        '../kin-error.js',
        '../../create-locks.js',
        '../../backends/octostore/api.js',
      ],
      'src/compat/kin-error.ts': ['../errors.js'],
      'src/backends/octostore/wire/api.ts': ['../../types.js'],
      'operators/with-lock.ts': ['rxjs', '../../src/contract/lease.js', '../../src/contract/errors.js'],
      'operators/index.ts': ['./with-lock.js'],
      'src/index.ts': ['./locks.js', './backends/memory/memory.js', '../../operators/index.js'],
    };
    expect(await broken(files)).toEqual([]);
  });

  it.each<[rule: string, files: Record<string, readonly string[]>]>([
    ['no-cycles', { 'src/a.ts': ['./b.js'], 'src/b.ts': ['./a.js'] }],
    ['types-know-only-rxjs', { 'src/contract/lease.ts': ['./errors.js'], 'src/contract/errors.ts': [] }],
    ['values-know-values', { 'src/contract/errors.ts': ['./keeper.js'], 'src/keeping/keeper.ts': [] }],
    ['keeper-knows-nothing-above', { 'src/keeping/keeper.ts': ['./lock.js'], 'src/contending/lock.ts': [] }],
    ['lock-knows-nothing-above', { 'src/contending/lock.ts': ['./locks.js'], 'src/contract/locks.ts': [] }],
    ['locks-knows-nothing-above', { 'src/contract/locks.ts': ['./auto.js'], 'src/auto.ts': [] }],
    [
      'core-knows-no-backend',
      { 'src/contending/lock.ts': ['./backends/memory/memory.js'], 'src/backends/memory/memory.ts': [] },
    ],
    ['root-knows-only-memory', { 'src/index.ts': ['./backends/redis/redis.js'], 'src/backends/redis/redis.ts': [] }],
    [
      'backends-know-types-and-values',
      { 'src/backends/redis/redis.ts': ['../../lock.js'], 'src/contending/lock.ts': [] },
    ],
    [
      'backends-know-types-and-values',
      { 'src/backends/redis/redis.ts': ['../etcd/etcd.js'], 'src/backends/etcd/etcd.ts': [] },
    ],
    [
      'operators-know-types-and-errors',
      { 'operators/with-lock.ts': ['../../src/contract/locks.js'], 'src/contract/locks.ts': [] },
    ],
    [
      'operators-know-types-and-errors',
      { 'operators/a.ts': ['../src/backends/memory/b.js'], 'src/backends/memory/b.ts': [] },
    ],
    [
      'nothing-imports-a-drop-in',
      { 'src/auto.ts': ['./compat/octostore/client.js'], 'src/compat/octostore/client.ts': [] },
    ],
    [
      'drop-ins-know-their-backend',
      { 'src/compat/octostore/client.ts': ['../../backends/redis/redis.js'], 'src/backends/redis/redis.ts': [] },
    ],
    [
      'drop-ins-know-their-backend',
      { 'src/compat/octostore/client.ts': ['../dflockd/client.js'], 'src/compat/dflockd/client.ts': [] },
    ],
    [
      'drop-ins-know-their-backend',
      { 'src/compat/octostore/client.ts': ['../../keeper.js'], 'src/keeping/keeper.ts': [] },
    ],
    ['drop-ins-know-their-backend', { 'src/compat/octostore/client.ts': ['undici'] }],
    ['drop-ins-share-values', { 'src/compat/kin-error.ts': ['../lock.js'], 'src/contending/lock.ts': [] }],
    ['the-server-knows-the-table-and-values', { 'src/server/a.ts': ['../locks.js'], 'src/contract/locks.ts': [] }],
    ['protocols-know-the-server-not-each-other', { 'src/server/a/x.ts': ['../b/y.js'], 'src/server/b/y.ts': [] }],
    ['only-the-command-starts-a-server', { 'src/auto.ts': ['./server/session.js'], 'src/server/session.ts': [] }],
    ['browser-needs-no-node', { 'src/compat/octostore/index.browser.ts': ['node:fs'] }],
    ['nothing-imports-an-index', { 'operators/with-lock.ts': ['./index.js'], 'operators/index.ts': [] }],
    ['nothing-imports-tests', { 'src/contending/lock.ts': ['../test/support/fake.js'], 'test/support/fake.ts': [] }],
    ['root-imports-only-rxjs', { 'src/index.ts': ['./lock.js'], 'src/contending/lock.ts': ['node:os'] }],
    ['only-rxjs-by-its-name', { 'operators/with-lock.ts': ['rxjs/operators'] }],
    ['only-rxjs-by-its-name', { 'src/contending/lock.ts': ['rxjs/testing'] }],
    ['http-only-in-octostore', { 'src/auto.ts': ['undici'] }],
    ['sockets-only-in-dflockd-and-the-server', { 'src/backends/octostore/a.ts': ['node:net'] }],
    ['sockets-only-in-dflockd-and-the-server', { 'src/auto.ts': ['node:tls'] }],
    [
      'browser-needs-no-node',
      { 'src/backends/octostore/index.browser.ts': ['./pool.js'], 'src/backends/octostore/pool.ts': ['undici'] },
    ],
    ['only-declared-packages', { 'src/contending/lock.ts': ['fast-check'] }],
    ['only-what-exists', { 'src/contending/lock.ts': ['./nowhere.js'] }],
  ])('%s is a rule that catches', async (rule, files) => {
    expect(await broken(files)).toContain(rule);
  });
});
