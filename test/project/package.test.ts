import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { ENTRIES } from '../../scripts/lib/entries.mjs';

interface Conditions {
  readonly [condition: string]: string | Conditions;
}

interface Manifest {
  readonly version: string;
  readonly homepage: string;
  readonly repository: { readonly type: string; readonly url: string };
  readonly bugs: { readonly url: string };
  readonly exports: Readonly<Record<string, string | Conditions>>;
  readonly typesVersions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const ROOT = new URL('../..', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;

describe('package.json', () => {
  it('exports exactly what is built', () => {
    const built = Object.keys(ENTRIES).flatMap((name) => [
      `./dist/${name}.js`,
      `./dist/cjs/${name}.js`,
      `./dist/${name}.d.ts`,
      `./dist/${name}.d.cts`,
    ]);
    const { './package.json': own, ...subpaths } = manifest.exports;
    expect(own).toBe('./package.json');
    expect(Object.values(subpaths).flatMap(targets).sort()).toEqual(built.sort());
  });

  it('has both builds of each subpath, its types first', () => {
    const { './package.json': _, ...subpaths } = manifest.exports;
    for (const [subpath, conditions] of Object.entries(subpaths)) {
      const { browser, ...node } = conditions as Conditions;
      for (const builds of [browser, node].filter((build) => build !== undefined)) {
        expect(Object.keys(builds), subpath).toEqual(['import', 'require']);
        for (const build of Object.values(builds))
          expect(Object.keys(build as Conditions)).toEqual(['types', 'default']);
      }
    }
  });

  it('has types of each subpath for `moduleResolution: node10`', () => {
    const subpaths = Object.keys(manifest.exports).filter((subpath) => !['.', './package.json'].includes(subpath));
    expect(Object.keys(manifest.typesVersions['*'] ?? {}).sort()).toEqual(subpaths.map((path) => path.slice(2)).sort());
  });

  it('declares what the library uses, and nothing else', () => {
    const used = new Set<string>();
    for (const file of [...sources('src'), ...sources('operators')]) {
      for (const { fileName } of ts.preProcessFile(read(file)).importedFiles) {
        if (!fileName.startsWith('.') && !builtinModules.includes(fileName.replace(/^node:/, '')))
          used.add(packageOf(fileName));
      }
    }
    used.delete('rxlock');
    // Fastify's own: later ones need Node 22, and npm says so to everybody who installs us on Node 20, or refuses.
    used.add('light-my-request');
    const { dependencies, optionalDependencies, peerDependencies } = manifest;
    const declared = [dependencies, optionalDependencies, peerDependencies].flatMap((some) => Object.keys(some));
    expect([...used].sort()).toEqual(declared.sort());
  });

  it('tests with every peer', () => {
    expect(Object.keys(manifest.devDependencies)).toEqual(
      expect.arrayContaining(Object.keys(manifest.peerDependencies)),
    );
  });

  it('is the version at the head of the changelog', () => {
    expect(/^## (?!Unreleased$)(\S+)$/m.exec(read('CHANGELOG.md'))?.[1]).toBe(manifest.version);
  });
});

describe('where the project lives', () => {
  const { url } = manifest.repository;
  const home = url.replace(/^git\+|\.git$/g, '');

  it('is one place', () => {
    expect(manifest.repository).toEqual({ type: 'git', url: `git+${home}.git` });
    expect(manifest.homepage).toBe(`${home}#readme`);
    expect(manifest.bugs.url).toBe(`${home}/issues`);
  });

  it('is what the README clones', () => {
    expect(read('README.md')).toContain(`git clone ${home}`);
  });
});

describe('package-lock.json', () => {
  it('names no registry', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });

  it('agrees with package.json', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Partial<Manifest>> };
    const { version, dependencies, optionalDependencies, peerDependencies, devDependencies } = manifest;
    const declared = { version, dependencies, optionalDependencies, peerDependencies, devDependencies };
    expect(lock.packages['']).toMatchObject(declared);
  });
});

function targets(value: string | Conditions): string[] {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(targets);
}

function sources(folder: string): string[] {
  return readdirSync(fileURLToPath(new URL(folder, ROOT)), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`);
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
