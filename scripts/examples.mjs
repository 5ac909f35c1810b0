// Every program in examples/ is type-checked against the built package and run to its end.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findChromium } from './chromium.mjs';
import { startDflockd } from './lib/dflockd-server.mjs';
import { startOctostore } from './lib/octostore-server.mjs';
import { compile, inParallel, makeProject, report, ROOT, run } from './lib/programs.mjs';
import { startUsualRedis } from './lib/redis-server.mjs';

const programs = [];
for (const name of (await readdir(join(ROOT, 'examples'))).sort()) {
  if (!name.endsWith('.ts')) continue;
  programs.push({ name, origin: `examples/${name}`, text: await readFile(join(ROOT, 'examples', name), 'utf8') });
}

const server = await startOctostore();
if (server === undefined && process.env.CI) throw new Error('there is no octostore: run `node scripts/octostore.mjs`');
const dflockd = await startDflockd();
const redis = await startUsualRedis();
if (redis === undefined && process.env.CI) throw new Error('there is no Redis: run `node scripts/redis.mjs`');
const browser = findChromium();
if (browser === undefined) throw new Error('there is no Chromium: run `node scripts/chromium.mjs`');
const project = await makeProject();
const failures = [];
try {
  failures.push(...(await compile(project.folder, programs)));
  const broken = new Set(failures.map((failure) => failure.program));
  await inParallel(programs.filter((program) => !broken.has(program)), async (program) => {
    const started = performance.now();
    const message = await run(['--enable-source-maps', program.js], { cwd: project.folder, env: { ...server?.env, ...redis?.env, CHROMIUM_BIN: browser } });
    if (message !== undefined) failures.push({ program, where: program.origin, message });
    else console.log(`${program.origin}: ended well after ${((performance.now() - started) / 1000).toFixed(1)} s`);
  });
} finally {
  await server?.stop();
  await redis?.stop();
  await dflockd.stop();
  await project.remove();
}
report('examples', programs.length, failures);
