// The package as a user gets it: packed, installed elsewhere, loaded as ESM and as CommonJS, type-checked by strict
// consumers of each `moduleResolution`, bundled for a browser, and run on every Node that it says it supports, on Bun and on Deno.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { ROOT } from './lib/programs.mjs';

const execute = promisify(execFile);
const RXJS = ['7.8.0', '7'];
/** Those that the peer's range names. */
const NESTS = ['10', '11', '12'];
const NODES = ['22', '24', '26'];
/** Other runtimes, as npm packages bring them, and how each is told to run a program. */
const RUNTIMES = [
  { name: 'bun', version: '1.4.5', args: [] },
  { name: 'deno', version: '2.9.6', args: ['run', '--allow-all', '--no-prompt'] },
];
/** Bytes, packed. */
const MOST = 320_000;
const PROGRAMS = join(ROOT, 'scripts/package-check');

const folder = await mkdtemp(join(tmpdir(), 'rxlock-package-'));
let passed = 0;
let failed = 0;
try {
  const packed = await pack();
  await check('the package has what `exports` names, and nothing that was not meant', () => contents(packed.files));
  await check(`the package is ${String(Math.round(packed.size / 1000))} kB, at most ${String(MOST / 1000)}`, () => assert.ok(packed.size <= MOST));
  const consumer = await install('consumer', [packed.tarball, `rxjs@${RXJS[0]}`]);
  const dist = join(consumer, 'node_modules/rxlock/dist');
  await check('the root and the operators load nothing but rxjs', () => loadsOnly(dist, ['index', 'operators'], ['rxjs']));
  await check('the browser build needs nothing of Node', () =>
    loadsOnly(dist, ['octostore.browser', 'compat-octostore.browser', 'socket.browser'], ['rxjs', 'eventsource-parser', 'lossless-json', 'eventsource-parser/stream']),
  );
  await check('rxlock/auto for browsers loads nothing of Node', () => loadsOnly(dist, ['dflockd.browser', 'redis.browser', 'server.browser', 'auto'], ['rxjs', 'rxlock/octostore', 'rxlock/dflockd', 'rxlock/redis', 'rxlock/socket']));
  await check('a bundle of rxlock/auto for browsers', () => bundle(consumer));
  for (const config of (await readdir(PROGRAMS)).filter((name) => /^tsconfig[.].*json$/.test(name)).sort()) {
    await check(`strict TypeScript, ${config}`, () => typeCheck(consumer, config));
  }
  for (const version of RXJS) {
    const place = version === RXJS[0] ? consumer : await install(`rxjs-${version}`, [packed.tarball, `rxjs@${version}`]);
    await copyPrograms(place);
    await check(`Node ${process.versions.node}, rxjs ${version}`, () => smoke(process.execPath, place));
    await check(`rxlock serve, rxjs ${version}`, () => serve(place));
  }
  await check('every entry where JavaScript is all there is', () =>
    execute(process.execPath, ['--throw-deprecation', 'bare.cjs'], { cwd: consumer, timeout: 60_000 }),
  );
  for (const version of NESTS) {
    await check(`rxlock/nestjs in an application of Nest ${version}`, () => nest(packed.tarball, version));
  }
  for (const version of NODES) {
    await check(`Node ${version}`, async () => smoke(await node(version), consumer));
  }
  for (const { name, version, args } of RUNTIMES) {
    await check(`${name} ${version}`, async () => smoke(await runtime(name, version), consumer, args));
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
  const [{ filename, files, size }] = JSON.parse(stdout);
  return { tarball: join(folder, filename), size, files: files.map((file) => file.path) };
}

async function contents(files) {
  const { bin, exports, main, module, types, typesVersions } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const targets = [bin, exports, main, module, types, typesVersions].flatMap(strings).map((path) => posix.normalize(path));
  const missing = targets.filter((target) => !files.includes(target));
  assert.deepEqual(missing, [], 'named in package.json, but not packed');
  const unnamed = files.filter((file) => /^dist\/[a-z.]+\.(js|d\.ts|d\.cts)$/.test(file) && !targets.includes(file));
  assert.deepEqual(unnamed, [], 'built, but not named in `exports`');
  const allowed = /^(dist\/[^/]+\.(js|d\.ts|d\.cts)|dist\/cjs\/([^/]+\.js|package\.json)|package\.json|README\.md|LICENSE)$/;
  assert.deepEqual(files.filter((file) => !allowed.test(file)), [], 'packed, but not meant to be');
  for (const file of ['README.md', 'LICENSE']) assert.ok(files.includes(file), `${file} is not packed`);
}

function strings(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(strings);
}

/** Follows what a built file imports through all its chunks, in both builds. Dynamic imports count. */
async function loadsOnly(dist, entries, allowed) {
  for (const build of [dist, join(dist, 'cjs')]) {
    const queue = entries.map((entry) => `${entry}.js`);
    const seen = new Set(queue);
    for (const file of queue) {
      const text = await readFile(join(build, file), 'utf8');
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

/** The command, as `npx` finds it: it serves, is asked, and ends when it is told to. */
async function serve(place) {
  const command = join(place, 'node_modules/.bin/rxlock');
  const { stdout } = await execute(command, ['--version'], { cwd: place });
  assert.match(stdout, /^\d+\.\d+\.\d+/);
  for (const name of ['serve.mjs', 'serve.cjs']) {
    const { stdout: said } = await execute(process.execPath, ['--throw-deprecation', name, command, join(place, name)], { cwd: place, timeout: 60_000 });
    assert.match(said, /^done$/m, `${name} did not come to its end`);
  }
}

async function smoke(program, place, args = ['--throw-deprecation']) {
  for (const name of ['smoke.mjs', 'smoke.cjs', 'both.mjs']) {
    // A program that waits for what never comes may end as if all was well.
    const { stdout } = await execute(program, [...args, name], { cwd: place, timeout: 60_000, env: { PATH: process.env.PATH, HOME: folder } });
    assert.match(stdout, /^done$/m, `${name} did not come to its end`);
  }
}

/** The other entries load without Nest: nothing else is installed with it. */
async function nest(tarball, version) {
  const packages = ['common', 'core'].map((name) => `@nestjs/${name}@${version}`);
  const place = await install(`nest-${version}`, [tarball, `rxjs@${RXJS[1]}`, 'reflect-metadata@0.2', ...packages]);
  for (const name of ['nest.cjs', 'nest.mjs']) {
    await copyFile(join(PROGRAMS, name), join(place, name));
    const { stdout } = await execute(process.execPath, [name], { cwd: place, timeout: 60_000 });
    assert.match(stdout, /^done$/m, `${name} did not come to its end`);
  }
}

/** Bundles and runs a page's program, in whose world there is nothing of Node. */
async function bundle(place) {
  await copyPrograms(place);
  const { build } = createRequire(createRequire(import.meta.url).resolve('tsup'))('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(place, 'browser.mjs')],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    write: false,
    logLevel: 'silent',
  });
  const said = [];
  const page = { console: { log: (word) => said.push(word), warn() {} }, setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask, performance, URL, AbortController, AbortSignal, TextEncoder, TextDecoder };
  page.globalThis = page.self = page;
  runInNewContext(outputFiles[0].text, page);
  for (let tries = 0; said.length === 0 && tries < 100; tries++) await pause(50);
  assert.deepEqual(said, ['done']);
}

/** A Node of this major version, as the npm package `node` brings it. */
async function node(version) {
  const program = await installed('node', version, join('node/bin', process.platform === 'win32' ? 'node.exe' : 'node'));
  const { stdout } = await execute(program, ['--version']);
  assert.match(stdout, new RegExp(`^v${version}\\.`), `${dirname(program)} has another version`);
  return program;
}

/** Another runtime, of this very version. */
async function runtime(name, version) {
  const program = await installed(name, version, join('.bin', process.platform === 'win32' ? `${name}.cmd` : name));
  const { stdout } = await execute(program, ['--version']);
  assert.ok(stdout.includes(version), `${dirname(program)} has another version`);
  return program;
}

/** What an npm package brings for this machine; kept between runs. */
async function installed(name, version, path) {
  const place = join(ROOT, 'node_modules/.cache/rxlock', `${name}-${version}`);
  const program = join(place, 'node_modules', path);
  if (!existsSync(program)) {
    await mkdir(place, { recursive: true });
    // Its install script fetches the program for this machine.
    await writeFile(join(place, 'package.json'), JSON.stringify({ private: true, allowScripts: { [name]: true } }));
    await npmInstall(place, [`${name}@${version}`]);
  }
  return program;
}
