import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCS = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const PAGES = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...DOCS.map((name) => `docs/${name}`)];

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** A page without its blocks of code. */
function proseOf(page: string): string {
  return page.replace(/^```.*?^```$/gms, '');
}

/** The anchors of a page's headings, as GitHub and npm make them. */
function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#{1,6} +(.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** Where a page points to: inside the project. */
function linksOf(page: string): string[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

/** The file that a link of a page means. */
function targetOf(page: string, link: string): string {
  const [file = ''] = link.split('#');
  return file === '' ? page : relative(ROOT, join(ROOT, dirname(page), file));
}

/** Links of a page that lead to no file, or to no heading. */
function deadLinks(page: string, text: string): string[] {
  return linksOf(text).filter((link) => {
    const target = targetOf(page, link);
    if (!existsSync(join(ROOT, target))) return true;
    const [, anchor] = link.split('#');
    return anchor !== undefined && !anchorsOf(target === page ? text : read(target)).includes(anchor);
  });
}

describe('the pages', () => {
  it.each(PAGES)('%s has no dead links', (page) => {
    expect(deadLinks(page, read(page))).toEqual([]);
  });

  it('can all be reached from the first', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const link of linksOf(read(page))) {
        const target = targetOf(page, link);
        if (PAGES.includes(target)) reached.add(target);
      }
    }
    expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
  });

  it('would not hide a dead link', () => {
    const text = '# A title, `code`\n\n[](#a-title-code) [](#gone) [](docs/gone.md) [](README.md#gone)';
    expect(deadLinks('README.md', text)).toEqual(['#gone', 'docs/gone.md', 'README.md#gone']);
  });
});

describe('README.md', () => {
  it('can be read in ten minutes', () => {
    expect(proseOf(read('README.md')).split(/[\s|]+/).length).toBeLessThan(1200);
  });
});
