// The package as a user gets it: packed, installed elsewhere, loaded as ESM and as CommonJS, type-checked by strict
// consumers of each `moduleResolution`, and run on every Node that it says it supports.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './lib/programs.mjs';

const execute = promisify(execFile);
const RXJS = ['7.8.0', '7'];
const NODES = ['22', '24', '26'];
const PROGRAMS = join(ROOT, 'scripts/package-check');

const folder = await mkdtemp(join(tmpdir(), 'rxlock-package-'));
let passed = 0;
let failed = 0;
try {
  const packed = await pack();
  await check('the package has what `exports` names, and nothing that was not meant', () => contents(packed.files));
  const consumer = await install('consumer', [packed.tarball, `rxjs@${RXJS[0]}`]);
  const dist = join(consumer, 'node_modules/rxlock/dist');
  await check('the root and the operators load nothing but rxjs', () => loadsOnly(dist, ['index', 'operators'], ['rxjs']));
  await check('the browser build needs nothing of Node', () =>
    loadsOnly(dist, ['octostore.browser', 'compat-octostore.browser'], ['rxjs', 'eventsource-parser', 'lossless-json', 'eventsource-parser/stream']),
  );
  for (const config of (await readdir(PROGRAMS)).filter((name) => /^tsconfig[.].*json$/.test(name)).sort()) {
    await check(`strict TypeScript, ${config}`, () => typeCheck(consumer, config));
  }
  for (const version of RXJS) {
    const place = version === RXJS[0] ? consumer : await install(`rxjs-${version}`, [packed.tarball, `rxjs@${version}`]);
    await copyPrograms(place);
    await check(`Node ${process.versions.node}, rxjs ${version}`, () => smoke(process.execPath, place));
  }
  for (const version of NODES) {
    await check(`Node ${version}`, async () => smoke(await node(version), consumer));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`package: ${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;

async function check(title, work) {
  try {
    await work();
    passed++;
    console.log(`ok      ${title}`);
  } catch (error) {
    failed++;
    console.error(`FAILED  ${title}\n${[error.message, error.stdout, error.stderr].filter(Boolean).join('\n')}\n`);
  }
}

async function pack() {
  if (!existsSync(join(ROOT, 'dist/index.d.ts'))) throw new Error('there is no dist: run `npm run build` first');
  const { stdout } = await execute('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: ROOT });
  const [{ filename, files }] = JSON.parse(stdout);
  return { tarball: join(folder, filename), files: files.map((file) => file.path) };
}

async function contents(files) {
  const { exports, main, module, types, typesVersions } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const targets = [exports, main, module, types, typesVersions].flatMap(strings).map((path) => posix.normalize(path));
  const missing = targets.filter((target) => !files.includes(target));
  assert.deepEqual(missing, [], 'named in package.json, but not packed');
  const unnamed = files.filter((file) => /^dist\/[a-z.]+\.(js|cjs|d\.ts|d\.cts)$/.test(file) && !targets.includes(file));
  assert.deepEqual(unnamed, [], 'built, but not named in `exports`');
  const allowed = /^(dist\/[^/]+\.(js|cjs|d\.ts|d\.cts|map)|docs\/[^/]+\.md|examples\/[^/]+\.ts|package\.json|(README|CHANGELOG|CONTRIBUTING)\.md|LICENSE)$/;
  assert.deepEqual(files.filter((file) => !allowed.test(file)), [], 'packed, but not meant to be');
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) assert.ok(files.includes(file), `${file} is not packed`);
}

function strings(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(strings);
}

/** Follows what a built file imports through all its chunks, in both builds. Dynamic imports count. */
async function loadsOnly(dist, entries, allowed) {
  for (const extension of ['js', 'cjs']) {
    const queue = entries.map((entry) => `${entry}.${extension}`);
    const seen = new Set(queue);
    for (const file of queue) {
      const text = await readFile(join(dist, file), 'utf8');
      const imports = text.matchAll(/(?:^import|^export|\bfrom|\brequire\(|\bimport\()\s*["']([^"'\n]+)["']/gm);
      for (const [, name] of imports) {
        if (!name.startsWith('./')) assert.ok(allowed.includes(name), `${file} imports ${name}`);
        else if (!seen.has(name.slice(2))) {
          seen.add(name.slice(2));
          queue.push(name.slice(2));
        }
      }
    }
  }
}

async function install(name, packages) {
  const place = join(folder, name);
  await mkdir(place);
  await writeFile(join(place, 'package.json'), JSON.stringify({ name, private: true }));
  const typed = name === 'consumer' ? ['@types/node@20'] : [];
  await npmInstall(place, [...packages, ...typed, '--ignore-scripts']);
  return place;
}

async function npmInstall(place, args) {
  await execute('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...args], { cwd: place });
}

async function copyPrograms(place) {
  for (const name of await readdir(PROGRAMS)) await copyFile(join(PROGRAMS, name), join(place, name));
  for (const name of ['consumer', 'consumer-node']) await copyFile(join(PROGRAMS, `${name}.ts`), join(place, `${name}.mts`));
}

async function typeCheck(place, config) {
  await copyPrograms(place);
  await execute(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', config], { cwd: place });
}

async function smoke(program, place) {
  for (const name of ['smoke.mjs', 'smoke.cjs', 'both.mjs']) {
    await execute(program, ['--throw-deprecation', name], { cwd: place, timeout: 60_000, env: { PATH: process.env.PATH } });
  }
}

/** A Node of this major version, as the npm package `node` brings it; kept between runs. */
async function node(version) {
  const place = join(ROOT, 'node_modules/.cache/rxlock', `node-${version}`);
  const program = join(place, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(program)) {
    await mkdir(place, { recursive: true });
    // Its install script fetches the program for this machine.
    await writeFile(join(place, 'package.json'), JSON.stringify({ private: true, allowScripts: { node: true } }));
    await npmInstall(place, [`node@${version}`]);
  }
  const { stdout } = await execute(program, ['--version']);
  assert.match(stdout, new RegExp(`^v${version}\\.`), `${dirname(program)} has another version`);
  return program;
}
