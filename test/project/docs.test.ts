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

/** Links of a page to other pages of the project, and to its own headings, that lead nowhere. */
function deadLinks(page: string, text: string): string[] {
  const links = [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? page : relative(ROOT, join(ROOT, dirname(page), file));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(target === page ? text : read(target)).includes(anchor);
  });
}

describe('the pages', () => {
  it.each(PAGES)('%s has no dead links', (page) => {
    expect(deadLinks(page, read(page))).toEqual([]);
  });

  it('can all be reached from the first', () => {
    const readme = read('README.md');
    expect(DOCS.filter((name) => !readme.includes(`](docs/${name})`))).toEqual([]);
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
