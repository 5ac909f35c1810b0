import ts from 'typescript';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { slimSources } from '../../scripts/lib/slim-sources.mjs';
import { ENTRY_FILES } from '../../scripts/lib/entries.mjs';

const slim = slimSources(ENTRY_FILES);
const original = (path: string) => ts.sys.readFile(path) ?? '';

describe('the sources that are built', () => {
  it(
    'are right to the compiler, so that no name was changed in one place and not in another',
    { timeout: 300_000 },
    () => {
      const config = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
      const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(config, ts.sys.readFile).config, ts.sys, '.');
      const host = ts.createCompilerHost(options);
      const program = ts.createProgram(
        [...slim.keys()],
        { ...options, noUnusedLocals: false },
        {
          ...host,
          getSourceFile: (path, version, ...rest) => {
            const text = slim.get(path);
            return text === undefined
              ? host.getSourceFile(path, version, ...rest)
              : ts.createSourceFile(path, text, version, true);
          },
        },
      );
      const wrong = ts
        .getPreEmitDiagnostics(program)
        .map(
          ({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
        );
      expect(wrong).toEqual([]);
    },
  );

  it('have the names of all public members', () => {
    for (const [path, text] of slim) expect(publicNames(path, text), path).toEqual(publicNames(path, original(path)));
  });

  it('have other names for private ones', () => {
    const path = [...slim.keys()].find((one) => one.endsWith('/keeping/releases.ts')) ?? '';
    expect(slim.get(path)).not.toContain('unanswered');
    expect(original(path)).toContain('private readonly unanswered');
  });

  it('have the lines of the sources, and no comments', () => {
    for (const [path, text] of slim) {
      expect(text.split('\n').length, path).toBe(original(path).split('\n').length);
      expect(text, path).not.toMatch(/^\s*(?:\/\/|\/\*)/m);
    }
  });

  it('say nothing before super() in a class whose constructor declares its fields, as the build sets them first', () => {
    for (const path of slim.keys()) expect(talkative(path, original(path)), path).toEqual([]);
  });
});

/** The names of all that is a member of something, but private or protected, in their order. */
function publicNames(path: string, text: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const isMember = ts.isClassElement(node) || ts.isTypeElement(node) || ts.isObjectLiteralElement(node);
    if (isMember && isDeclared(node)) return;
    if (isMember && node.name !== undefined && !isOwn(node)) names.push(node.name.getText());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true));
  return names;
}

function isOwn(node: ts.Declaration): boolean {
  return (ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0;
}

/** A parameter that is a field as well, which has a declaration of its own here. */
function isDeclared(node: ts.Declaration): boolean {
  return (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Ambient) !== 0;
}

/** Classes whose constructors declare fields, and do something before they call `super()`. */
function talkative(path: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isConstructorDeclaration(node) && node.parameters.some((one) => (one.modifiers?.length ?? 0) > 0)) {
      const [first, ...others] = (node.body?.statements ?? []).map((one) => one.getText().startsWith('super('));
      if (first === false && others.includes(true)) found.push((node.parent as ts.ClassDeclaration).name?.text ?? '?');
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true));
  return found;
}
