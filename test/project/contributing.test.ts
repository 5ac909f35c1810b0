import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');

/** The files and folders of this project in a page: whatever has one of its folders in front. `<service>` stands for any. */
function named(page: string): string[] {
  const paths = page.matchAll(/`((?:src|operators|test|scripts|docs)\/[^`]*)`/g);
  return [...new Set([...paths].map(([, path = '']) => path))].filter((path) => !path.includes('<'));
}

describe('CONTRIBUTING.md', () => {
  it('names only files and folders that exist', () => {
    expect(named(PAGE).length).toBeGreaterThan(15);
    expect(named(PAGE).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('draws the corridor as the rules have it', () => {
    const rules = readFileSync(join(ROOT, '.dependency-cruiser.cjs'), 'utf8');
    const [, corridor = ''] = /CORRIDOR = \[([^\]]*)\]/.exec(rules) ?? [];
    const drawn = corridor.replaceAll("'", '').replaceAll(', ', ' → ');
    expect(drawn).toContain('→');
    expect(PAGE).toContain(drawn);
  });
});
