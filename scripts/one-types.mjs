// Leaves one copy of the types: those of the ES modules are those of the CommonJS ones. Half as much to download, and to
// the compiler a lock that one of the builds made is a lock in the other, too. Part of `npm run build`.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './lib/root.mjs';

const DIST = join(ROOT, 'dist');
const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const entries = new Set(JSON.stringify(exports).match(/[a-z.-]+(?=[.]d[.]ts")/g));

for (const file of readdirSync(DIST).filter((name) => name.endsWith('.d.ts'))) {
  const name = file.slice(0, -'.d.ts'.length);
  if (entries.has(name)) writeFileSync(join(DIST, file), `export * from './${name}.cjs';\n`);
  // What several entries share: nobody names it any more.
  else rmSync(join(DIST, file));
}
