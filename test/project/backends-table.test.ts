import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dflockd } from '../../src/backends/dflockd/dflockd.js';
import { memory } from '../../src/backends/memory/memory.js';
import { octostore } from '../../src/backends/octostore/octostore.js';
import { octostoreElection } from '../../src/backends/octostore/election/octostore-election.js';
import type { Features, LockBackend } from '../../src/contract/backend.js';

const BACKENDS: Readonly<Record<string, () => LockBackend>> = {
  memory,
  octostore: () => octostore({ token: 'token' }),
  octostoreElection: () => octostoreElection({ id: 'scheduler' }),
  dflockd: () => dflockd(),
};

/** Which column tells of which feature, and how it says yes; all else is a no. */
const COLUMNS: Readonly<Record<string, readonly [keyof Features, yes: string]>> = {
  'fencing tokens': ['fencing', 'yes'],
  fencing: ['fencing', 'yes'],
  queue: ['fifo', 'in order of arrival'],
  semaphores: ['semaphore', 'yes'],
  'several permits': ['permits', 'yes'],
  'shared locks': ['shared', 'yes'],
  metadata: ['metadata', 'yes'],
  '`minHold` kept by': ['minHold', 'the backend'],
};

/** The rows of a page's table of backends: what each column says of each of them. */
function tableOf(page: string): Map<string, Map<string, string>> {
  const lines = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8').split('\n');
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const head = lines.findIndex((line) => cells(line)[0] === 'backend');
  const titles = cells(lines[head] ?? '');
  const end = lines.findIndex((line, i) => i > head && !line.startsWith('|'));
  return new Map(
    lines.slice(head + 2, end).map((line) => {
      const values = cells(line);
      const [, name = ''] = /(\w+)\(\)/.exec(values[0] ?? '') ?? [];
      return [name, new Map(titles.map((title, i) => [title, values[i] ?? '']))];
    }),
  );
}

describe.each([
  ['README.md', ['memory', 'octostore', 'dflockd'], 5],
  ['docs/reference.md', ['memory', 'octostore', 'octostoreElection', 'dflockd'], 7],
] as const)('the table of backends in %s', (page, backends, columns) => {
  const table = tableOf(page);

  it('has a row for each of them', () => {
    expect([...table.keys()]).toEqual(backends);
  });

  it.each(backends)('says of %s() what its features say', (name) => {
    const { features } = BACKENDS[name]!();
    const told = [...table.get(name)!].filter(([title]) => title in COLUMNS);
    expect(told).toHaveLength(columns);
    for (const [title, text] of told) {
      const [feature, yes] = COLUMNS[title]!;
      expect(text === yes || (feature === 'fifo' && text === 'FIFO'), `${title}: ${text}`).toBe(features[feature]);
    }
  });
});
