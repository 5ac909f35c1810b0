// What is built, as it is packed. Part of `npm run build`.
//
// - White space only between the members of classes and what is outside of them, and short names for what is inside of
//   functions: the package is a fifth smaller; classes and methods keep their names, and a stack tells the line of a function.
// - CommonJS modules under `cjs/`, with the names of the ES modules: npm packs files of one name side by side, and gzip, which looks
//   32 KB back, finds the second one in the first. So no file may be longer than that: `scripts/lib/parts.mjs` cuts.
// - One copy of the types: those of the ES modules are those of the CommonJS ones. Half as much to download, and to the
//   compiler a lock that one of the builds made is a lock in the other, too.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { commonJs } from './lib/common-js.mjs';
import { ENTRIES } from './lib/entries.mjs';
import { ROOT } from './lib/root.mjs';

const { transformSync } = createRequire(createRequire(import.meta.url).resolve('tsup'))('esbuild');
const DIST = join(ROOT, 'dist');
const SPARE = { minifyWhitespace: true, target: 'es2022', logLevel: 'error' };
const CJS = join(DIST, 'cjs');
/** As far as gzip looks back. */
const LONGEST = 32_768;

for (const file of readdirSync(DIST).filter((one) => one.endsWith('.js'))) {
  const text = readFileSync(join(DIST, file), 'utf8');
  // What makes a command of it.
  const [head = ''] = /^#!.*\n/.exec(text) ?? [];
  const built = head + inLines(spare(text.slice(head.length)));
  if (built.length > LONGEST) throw new Error(`${file} has ${built.length} bytes: scripts/lib/parts.mjs has to cut it`);
  writeFileSync(join(DIST, file), built);
}
mkdirSync(CJS);
writeFileSync(join(CJS, 'package.json'), '{ "type": "commonjs" }\n');
const files = Object.keys(ENTRIES).map((name) => `${name}.js`);
// A loop over a list sees what is added to it.
for (const file of files) {
  const text = readFileSync(join(DIST, file), 'utf8');
  writeFileSync(join(CJS, file), commonJs(text));
  for (const [, own] of text.matchAll(/(?:\bfrom|\bimport\()\s*["']\.\/([^"']+)["']/g)) if (!files.includes(own)) files.push(own);
}
for (const name of Object.keys(ENTRIES)) writeFileSync(join(DIST, `${name}.d.ts`), sameTypes(name));

/** A default export is that of its name: of a CommonJS module all of it would be the default. */
function sameTypes(name) {
  const [, byDefault] = /\b(\w+) as default\b/.exec(readFileSync(join(DIST, `${name}.d.cts`), 'utf8')) ?? [];
  const whole = `export * from './${name}.cjs';\n`;
  return byDefault === undefined ? whole : `${whole}export { ${byDefault} as default } from './${name}.cjs';\n`;
}

/** Without white space, and with short names within functions. What is outside of them, classes above all, keeps its name. */
function spare(text) {
  const { statements } = ts.createSourceFile('dist.js', text, ts.ScriptTarget.ES2022, true);
  const isOfModule = (one) => ts.isImportDeclaration(one) || ts.isExportDeclaration(one);
  const listed = (is) => statements.filter(is).map((one) => one.getText().replace(/\s+/g, ' ')).join('\n');
  // Without imports and exports it is a script to esbuild, whose outer names are everybody's.
  const inner = statements.filter((one) => !isOfModule(one)).map((one) => one.getFullText()).join('');
  const isScript = !text.includes('import.meta');
  const { code } = transformSync(inner, { ...SPARE, minifyIdentifiers: isScript });
  return `${listed(ts.isImportDeclaration)}\n${code}\n${listed(ts.isExportDeclaration)}\n`.trimStart();
}

/** A line for each statement outside of functions, and for each member of a class. */
function inLines(text) {
  const ends = new Set();
  const visit = (node) => {
    if (ts.isClassElement(node) || ts.isSourceFile(node.parent)) ends.add(node.getEnd());
    ts.forEachChild(node, visit);
  };
  ts.createSourceFile('dist.js', text, ts.ScriptTarget.ES2022, true).statements.forEach(visit);
  let [lines, from] = ['', 0];
  for (const end of [...ends].sort((a, b) => a - b)) {
    lines += `${text.slice(from, end)}\n`;
    from = end;
  }
  return lines + text.slice(from);
}
