import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../..', import.meta.url);

/** What stands in a file, as an editor shows it: the name, what is said of it, and whether there is an example. */
interface Shown {
  readonly name: string;
  readonly text: string;
  readonly hasExample: boolean;
}

function shown(name: string, node: ts.Node): Shown {
  const docs = ts.getJSDocCommentsAndTags(node);
  const text = docs.map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '').join('');
  return { name, text, hasExample: ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'example') };
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(new URL(path, ROOT), 'utf8'), ts.ScriptTarget.ES2022, true);
}

/** The members of a class or an interface. What is no name, as `[Symbol.asyncDispose]`, needs no example. */
function membersOf(path: string, of: string): Shown[] {
  const found = parse(path).statements.find(
    (one): one is ts.ClassDeclaration | ts.InterfaceDeclaration =>
      (ts.isClassDeclaration(one) || ts.isInterfaceDeclaration(one)) && one.name?.text === of,
  );
  return (found?.members ?? []).flatMap((member) =>
    member.name !== undefined && ts.isIdentifier(member.name) ? [shown(`${of}.${member.name.text}`, member)] : [],
  );
}

function functionsOf(path: string): Shown[] {
  const isExported = (node: ts.Node): boolean =>
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  const functions = parse(path)
    .statements.filter((one) => ts.isFunctionDeclaration(one))
    .filter(isExported);
  const overloaded = new Set(functions.filter(({ body }) => body === undefined).map(({ name }) => name?.text));
  // An editor shows overloads, and not what implements them.
  const visible = functions.filter(({ name, body }) => body === undefined || !overloaded.has(name?.text));
  return visible.map((one) => shown(one.name?.text ?? path, one));
}

const OPERATORS = readdirSync(new URL('operators', ROOT)).filter(
  (file) => /^[a-z-]+\.ts$/.test(file) && file !== 'index.ts',
);
const FILES = [
  ...OPERATORS.map((file) => `operators/${file}`),
  'src/auto.ts',
  'src/default-locks.ts',
  'src/locks/create-locks.ts',
  'src/backends/memory/memory.ts',
  'src/backends/octostore/octostore.ts',
  'src/backends/dflockd/dflockd.ts',
  'src/backends/redis/redis.ts',
  'src/backends/socket/socket.ts',
  'src/server/daemon/create-lock-server.ts',
  'src/values/backoff.ts',
  'src/values/validate-portable-name.ts',
];

describe('what an editor shows', () => {
  const members = [
    ...membersOf('src/contract/locks.ts', 'Locks'),
    ...membersOf('src/contract/options.ts', 'LockOptions'),
  ];
  const said = [
    'src/contract/lease.ts Lease',
    'src/contract/lease.ts WaitingEvent',
    'src/contract/lease.ts UncertainEvent',
    'src/contract/status.ts LockStatus',
    'src/contract/options.ts LocksOptions',
    'src/contract/backend.ts Features',
    'src/contract/backend.ts LockBackend',
    'src/server/daemon/lock-server.ts LockServer',
  ].flatMap((place) => membersOf(...(place.split(' ') as [string, string])));

  it.each([...members, ...FILES.flatMap(functionsOf)])('has an example of $name', ({ hasExample }) => {
    expect(hasExample).toBe(true);
  });

  it.each([...members, ...said.filter(({ name }) => !name.endsWith('.type'))])(
    'says what $name is',
    ({ name, text }) => {
      expect(text, name).not.toBe('');
      // Nobody reads more beside what he writes.
      expect(text.length, name).toBeLessThan(1200);
    },
  );

  it('looks at them', () => {
    expect(members.map(({ name }) => name)).toContain('Locks.tryUsing');
    expect(members.length).toBeGreaterThan(25);
    expect(said.length).toBeGreaterThan(25);
  });
});
