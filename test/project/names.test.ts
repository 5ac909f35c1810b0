import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A name that a file declares at its top level. */
interface Declared {
  readonly name: string;
  readonly kind: 'class' | 'value' | 'type';
  readonly isExported: boolean;
}

/** A file, and what it declares. */
interface Source {
  readonly file: string;
  readonly declared: readonly Declared[];
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

function read(file: string, text: string): Source {
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return { file, declared: statements.flatMap(declaredBy) };
}

function declaredBy(statement: ts.Statement): Declared[] {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  const isExported = modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
  const named = (name: string | undefined, kind: Declared['kind']): Declared[] =>
    name === undefined ? [] : [{ name, kind, isExported }];
  if (ts.isClassDeclaration(statement)) return named(statement.name?.text, 'class');
  if (ts.isFunctionDeclaration(statement)) return named(statement.name?.text, 'value');
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
    return named(statement.name.text, 'type');
  }
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name }) =>
    ts.isIdentifier(name) ? named(name.text, 'value') : [],
  );
}

/** Classes whose name stands for something else as well: for another class, or for a type that is exported. */
function twins(sources: readonly Source[]): string[] {
  const meanings = new Map<string, Set<string>>();
  const classes = new Set<string>();
  for (const { file, declared } of sources) {
    for (const { name, kind, isExported } of declared) {
      if (kind === 'class') classes.add(name);
      else if (kind !== 'type' || !isExported) continue;
      const files = meanings.get(name) ?? new Set();
      // What a browser gets instead is the same thing.
      meanings.set(name, files.add(file.replace('.browser', '')));
    }
  }
  return [...meanings].flatMap(([name, files]) =>
    classes.has(name) && files.size > 1 ? [`${name}: ${[...files].sort().join(', ')}`] : [],
  );
}

/** `LockTable`, `LOCK_TABLE` and `lockTable$` are `lock-table`. */
function kebab(name: string): string {
  return name
    .replace(/\$$/, '')
    .replace(/([a-z\d])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

/** Has a file one thing to be called after? A class, or else the only function or value, or else the only type. */
function hasSubject({ declared }: Source): boolean {
  const exported = declared.filter(({ isExported }) => isExported);
  const kinds = (['class', 'value', 'type'] as const).map((kind) => exported.filter((one) => one.kind === kind));
  return kinds.find(({ length }) => length > 0)?.length === 1;
}

/** Is that the file's name? Words that its folders say may be left out: `server/outbox.ts` has `ServerOutbox`. */
function isCalled(file: string, name: string): boolean {
  const squeeze = (text: string): string => text.replaceAll('-', '');
  const called = squeeze(basename(file, '.ts').replace(/\.browser$/, ''));
  const folders = dirname(file)
    .split('/')
    .flatMap((folder) => [folder, folder.replace(/s$/, '')]);
  const wholes = [called, called.replace(/s$/, '')];
  const fits = (rest: string, words: readonly string[]): boolean =>
    wholes.includes(rest) ||
    words.some((word, index) => rest.includes(word) && fits(rest.replace(word, ''), words.slice(index + 1)));
  return fits(squeeze(kebab(name)), folders.map(squeeze));
}

/** Files that are not called after anything that they export. */
function misnamed(sources: readonly Source[]): string[] {
  return sources
    .filter(
      (source) =>
        hasSubject(source) && !source.declared.some((one) => one.isExported && isCalled(source.file, one.name)),
    )
    .map(
      ({ file, declared }) => `${file}: ${declared.flatMap((one) => (one.isExported ? [one.name] : [])).join(', ')}`,
    );
}

const SOURCES = [...filesBelow('src'), ...filesBelow('operators')].map((file) =>
  read(file, readFileSync(join(ROOT, file), 'utf8')),
);

/** Names that a drop-in client must have, as its document says. */
const DOCUMENTED: readonly string[] = ['LockError', 'LockHeldError'];

describe('names', () => {
  it('belong to one class each', () => {
    expect(twins(SOURCES).filter((twin) => !DOCUMENTED.includes(twin.split(':')[0] ?? ''))).toEqual([]);
  });

  it('of files are those of what they export', () => {
    expect(misnamed(SOURCES)).toEqual([]);
  });

  it.each<[what: string, files: Record<string, string>]>([
    ['two classes', { 'src/a/box.ts': 'export class Box {}', 'src/b/box.ts': 'class Box {}' }],
    ['a class and a type', { 'src/a/box.ts': 'export class Box {}', 'src/b/box.ts': 'export interface Box {}' }],
  ])('that %s have are found', (_, files) => {
    expect(twins(Object.entries(files).map(([file, text]) => read(file, text)))).toEqual([
      'Box: src/a/box.ts, src/b/box.ts',
    ]);
  });

  it.each<[file: string, text: string, isMisnamed: boolean]>([
    ['src/box.ts', 'export class Box {}', false],
    ['src/box.ts', 'export class Boxes {}', true],
    ['src/box.ts', 'export class Carton {}\nexport function box() {}', false],
    ['src/with-lock.ts', 'export const withLock$ = 1;', false],
    ['src/server/outbox.ts', 'export class ServerOutbox {}', false],
    ['src/cases/arguments.ts', 'export const argumentCases = [];', false],
    ['src/index.browser.ts', 'export const one = 1;', true],
    // One thing has no name of its own among several.
    ['src/text.ts', 'export function trim() {}\nexport function pad() {}', false],
  ])('%s: %s', (file, text, isMisnamed) => {
    expect(misnamed([read(file, text)])).toHaveLength(isMisnamed ? 1 : 0);
  });
});

describe('helpers of tests', () => {
  it('lie in folders without tests', () => {
    const isTest = (file: string): boolean => file.endsWith('.test.ts');
    const files = filesBelow('test');
    const folders = new Set(files.filter(isTest).map((file) => dirname(file)));
    expect(files.filter((file) => !isTest(file) && folders.has(dirname(file)))).toEqual([]);
  });
});
