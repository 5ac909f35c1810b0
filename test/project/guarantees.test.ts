import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/guarantees-tests.md'), 'utf8');
const PROMISES = readFileSync(join(ROOT, 'docs/guarantees.md'), 'utf8');
const RULES = 14;

/** A test as the page names it: `…` stands for what differs between several of them. */
interface Named {
  readonly rule: number;
  readonly file: string;
  readonly title: string;
}

/** The rows of the tables below each rule. */
function namedIn(page: string): Named[] {
  const named: Named[] = [];
  let rule = 0;
  for (const line of page.split('\n')) {
    if (line.startsWith('#')) rule = Number(/^## (\d+)\. /.exec(line)?.[1] ?? 0);
    const [, file, title] = /^\|[^|]*\| `(test\/[^`]*)` *\|([^|]*)\|$/.exec(line) ?? [];
    if (file !== undefined && title !== undefined) named.push({ rule, file, title: title.trim() });
  }
  return named;
}

/** The rules of a page, as its headings say them. */
function rulesOf(page: string): string[] {
  return [...page.matchAll(/^#+ (\d+\. .*)$/gm)].map(([, rule = '']) => rule);
}

/** What is in a file, or in all that is below a folder. */
function textOf(file: string): string {
  const path = join(ROOT, file);
  if (!existsSync(path)) return '';
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8');
  return readdirSync(path)
    .map((name) => textOf(join(file, name)))
    .join('\n');
}

/** Is there a string that is this title, whole? */
function isIn(text: string, title: string): boolean {
  const differs = String.raw`(?:\$\{[^}]*\}|%s)`;
  const source = title
    .split('…')
    .map((part) => part.replace(/[^\w\s]/g, String.raw`\$&`))
    .join(differs);
  return new RegExp(`(['"\`])${source}\\1`).test(text);
}

function missingFrom(page: string): string[] {
  return namedIn(page)
    .filter(({ file, title }) => !isIn(textOf(file), title))
    .map(({ file, title }) => `${file}: ${title}`);
}

describe('docs/guarantees-tests.md', () => {
  it('has the rules that are promised', () => {
    expect(rulesOf(PROMISES)).toHaveLength(RULES);
    expect(rulesOf(PAGE)).toEqual(rulesOf(PROMISES));
  });

  it('shows how to run a test that exists', () => {
    const [, file = '', title = ''] = /^npx vitest run (\S+) -t '(.*)'$/m.exec(PAGE) ?? [];
    expect(textOf(file)).toContain(`'${title}`);
  });

  it('names tests for each rule', () => {
    const rules = new Map(Array.from({ length: RULES }, (_, index) => [index + 1, 0]));
    for (const { rule } of namedIn(PAGE)) rules.set(rule, (rules.get(rule) ?? 0) + 1);
    expect(rules.size).toBe(RULES);
    expect([...rules].filter(([, count]) => count < 3)).toEqual([]);
  });

  it('names tests that exist', () => {
    expect(missingFrom(PAGE)).toEqual([]);
  });

  it('names files that are run', () => {
    const files = namedIn(PAGE).map(({ file }) => file);
    expect(files.filter((file) => !file.endsWith('.test.ts') && file !== 'test/faults/virtual/')).toEqual([]);
  });

  it('names titles that the pattern of a runner finds', () => {
    const titles = namedIn(PAGE).map(({ title }) => title);
    expect(titles.filter((title) => !new RegExp(title).test(title))).toEqual([]);
  });

  it('would miss a test that was renamed, shortened or moved', () => {
    const page = [
      ['test/values/heap.test.ts', 'gives the smallest first'],
      ['test/values/heap.test.ts', 'gives the smallest last'],
      ['test/values/heap.test.ts', 'gives the smallest'],
      ['test/values/heap.test.ts', 'gives the … first'],
      ['test/keeping/keeper.test.ts', 'gives the smallest first'],
      ['test/gone.test.ts', 'gives the smallest first'],
    ].map(([file = '', title = '']) => `| part | \`${file}\` | ${title} |`);
    expect(missingFrom(page.join('\n'))).toEqual([
      'test/values/heap.test.ts: gives the smallest last',
      'test/values/heap.test.ts: gives the smallest',
      'test/values/heap.test.ts: gives the … first',
      'test/keeping/keeper.test.ts: gives the smallest first',
      'test/gone.test.ts: gives the smallest first',
    ]);
  });
});
