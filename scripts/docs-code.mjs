// Every TypeScript block of the README, of docs/ and of the TSDoc of what is exported is type-checked against the built
// package, as a program of its own, and run to its end.
//
// ```ts          a program
// ```ts test     a vitest file
// ```ts no-run   type-checked only
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDflockd } from './lib/dflockd-server.mjs';
import { startOctostore } from './lib/octostore-server.mjs';
import { compile, fromRoot, inParallel, makeProject, report, ROOT, run } from './lib/programs.mjs';
import { startUsualRedis } from './lib/redis-server.mjs';

/** What stands in a program that needs a Redis. */
const NEEDS_REDIS = /rxlock\/redis|rxlock\/compat\/redlock|REDIS_URL|redis:\/\//;
const NOT_NEEDED = { env: {}, stop: async () => undefined };

const only = process.argv.slice(2);
const blocks = [];
for (const file of await sources()) blocks.push(...blocksOf(file, await readFile(file, 'utf8')));

const server = await startOctostore();
if (server === undefined) {
  if (process.env.CI) throw new Error('there is no octostore: run `node scripts/octostore.mjs`');
  console.log('no octostore installed: blocks that need it are only type-checked');
}
const dflockd = blocks.some(({ text }) => /rxlock\/(compat\/)?dflockd/.test(text)) ? await startDflockd() : undefined;
const redis = blocks.some(({ text }) => NEEDS_REDIS.test(text)) ? await startUsualRedis() : NOT_NEEDED;
if (redis === undefined) {
  if (process.env.CI) throw new Error('there is no Redis: run `node scripts/redis.mjs`');
  console.log('no Redis installed: blocks that need it are only type-checked');
}
const project = await makeProject();
const failures = [];
try {
  failures.push(...(await compile(project.folder, blocks)));
  const broken = new Set(failures.map((failure) => failure.program));
  const lacks = ({ text }) =>
    (server === undefined && text.includes('OCTOSTORE_')) || (redis === undefined && NEEDS_REDIS.test(text));
  const good = blocks.filter((block) => !broken.has(block) && !lacks(block));
  const env = { ...server?.env, ...redis?.env };
  await inParallel(good.filter((block) => block.kind === 'run'), async (block) => {
    const message = await run(['--enable-source-maps', block.js], { cwd: project.folder, env });
    if (message !== undefined) failures.push({ program: block, where: `${block.origin}:${block.line}`, message });
  });
  await runTests(good.filter((block) => block.kind === 'test'), env);
} finally {
  await server?.stop();
  await redis?.stop();
  await dflockd?.stop();
  await project.remove();
}
report('code blocks', blocks.length, failures);

async function sources() {
  const readme = join(ROOT, 'README.md');
  if (!existsSync(readme)) throw new Error('there is no README.md');
  const files = [readme];
  for (const folder of ['docs', 'src', 'operators']) {
    const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    const wanted = folder === 'docs' ? /\.md$/ : /\.ts$/;
    for (const entry of entries) if (wanted.test(entry.name)) files.push(join(entry.parentPath ?? entry.path, entry.name));
  }
  return files.filter((file) => only.length === 0 || only.some((part) => fromRoot(file).includes(part))).sort();
}

/** A block keeps the line numbers of its file, so that every message names them. */
function blocksOf(file, text) {
  const found = [];
  let open;
  const origin = fromRoot(file);
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^(?<prefix>\s*(?:\* ?)?\s*)```(?<info>.*)$/.exec(line)?.groups;
    if (open === undefined) {
      if (fence !== undefined) open = { prefix: fence.prefix, info: fence.info.trim(), line: index + 1, lines: [] };
    } else if (fence !== undefined && fence.info.trim() === '') {
      const kind = { ts: 'run', 'ts test': 'test', 'ts no-run': 'check' }[open.info];
      if (kind !== undefined) found.push(block(origin, kind, open));
      else if (/^(ts|typescript)\b/.test(open.info)) throw new Error(`${origin}:${open.line}: what is \`${open.info}\`?`);
      open = undefined;
    } else {
      open.lines.push(line.slice(open.prefix.length));
    }
  }
  if (open !== undefined) throw new Error(`${origin}:${open.line}: this block has no end`);
  return found;
}

function block(origin, kind, { prefix, line, lines }) {
  const name = `${origin.replace(/[^a-zA-Z0-9]+/g, '-')}-${line}${kind === 'test' ? '.test' : ''}.ts`;
  return { name, kind, origin, line, column: prefix.length, text: '\n'.repeat(line) + lines.join('\n') + '\n' };
}

async function runTests(tests, env) {
  if (tests.length === 0) return;
  const results = join(project.folder, 'results.json');
  await writeFile(join(project.folder, 'vitest.config.mjs'), 'export default { test: { include: ["*.test.ts"] } };\n');
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const message = await run([vitest, 'run', '--reporter=json', `--outputFile=${results}`, ...tests.map((test) => test.name)], {
    cwd: project.folder,
    env,
    timeout: 120_000,
  });
  const { testResults } = JSON.parse(await readFile(results, 'utf8').catch(() => '{"testResults":[]}'));
  for (const test of tests) {
    const where = `${test.origin}:${test.line}`;
    const result = testResults.find(({ name }) => name.endsWith(`/${test.name}`));
    const failed = result?.assertionResults.flatMap(({ status, title, failureMessages }) =>
      status === 'passed' ? [] : [`${title}: ${status} ${failureMessages.join('\n')}`],
    );
    if (result === undefined) failures.push({ program: test, where, message: message ?? 'vitest did not run it' });
    else if (result.status !== 'passed' || failed.length > 0 || result.assertionResults.length === 0) {
      failures.push({ program: test, where, message: [...failed, result.message ?? ''].join('\n') || 'has no test' });
    }
  }
}
