import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { commonJs } from '../../scripts/lib/common-js.mjs';

const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'rxlock-common-js-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Loads the CommonJS module of each text. */
function load(texts: Readonly<Record<string, string>>): (name: string) => Record<string, unknown> {
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), commonJs(text));
  const require = createRequire(join(folder, 'x.js'));
  return (name) => require(`./${name}`) as Record<string, unknown>;
}

describe('the CommonJS module of an ES module', () => {
  it('has its exports under their names, its own and those of others', () => {
    const of = load({
      'own.js': 'class A{};var b=1;function c(){return b}\nexport { A, b, c as d };',
      'other.js':
        "import { d as e, b } from './own.js';\nvar f=e()+b;\nexport { A, d as g } from './own.js';\nexport { f };",
    });
    const own = of('own.js');
    expect(Object.keys(own)).toEqual(['A', 'b', 'd']);
    expect(of('other.js')).toEqual({ A: own['A'], g: own['d'], f: 2 });
  });

  it('gives its default export to a compiler, and to a module of Node that imports from it', async () => {
    const of = load({ 'default.js': 'class R{};\nexport { R, R as default };' });
    const { R, ...rest } = of('default.js');
    expect(rest['default']).toBe(R);
    expect(rest['__esModule']).toBeUndefined();
    expect((of('default.js') as { __esModule?: boolean }).__esModule).toBe(true);
    const url = pathToFileURL(join(folder, 'default.js')).href;
    const program = `import { R, default as whole } from '${url}'; console.log(R === whole.default, R.name)`;
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', program]);
    expect(stdout).toBe('true R\n');
  });

  it('takes the default and all of another as an ES module of Node does', () => {
    const of = load({
      'takes.js':
        "import process from 'node:process';\nimport * as path from 'node:path';\nvar pid=process.pid,join=path.join;\nexport { pid, join };",
    });
    expect(of('takes.js')).toEqual({ pid: process.pid, join });
  });

  it('loads its own files later as CommonJS, and packages as they are', async () => {
    const of = load({
      'late.js': 'var x=3;\nexport { x };',
      'early.js': "var own=()=>import('./late.js'),other=()=>import('node:path');\nexport { own, other };",
    });
    const { own, other } = of('early.js') as Record<string, () => Promise<unknown>>;
    await expect(own?.()).resolves.toBe(of('late.js'));
    await expect(other?.()).resolves.toMatchObject({ join });
  });

  it('knows where it is', () => {
    const of = load({ 'where.js': 'var url=import.meta.url;\nexport { url };' });
    expect(of('where.js')).toEqual({ url: pathToFileURL(join(folder, 'where.js')).href });
  });

  it.each([
    ['an export that changes later', 'let n=0;function up(){n+=1}\nexport { n, up };', 'the export n changes later'],
    ['one that is counted up', 'let n=0;function up(){return++n}\nexport { n, up };', 'the export n changes later'],
    ['an export of all that another has', "export * from './a.js';", 'an export has no list of names'],
    ['more of import.meta', 'var a=import.meta.dirname;\nexport { a };', 'import.meta has an url, and nothing else'],
    ['an import in two ways', "import a, { b } from 'c';\nexport { a, b };", 'imported in two ways: a, { b }'],
  ])('refuses %s', (_, text, message) => {
    expect(() => commonJs(text)).toThrow(message);
  });
});
