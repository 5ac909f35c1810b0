import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dflockd } from '../../src/backends/dflockd/dflockd.js';
import { memory } from '../../src/backends/memory/memory.js';
import { octostore } from '../../src/backends/octostore/octostore.js';
import { socket } from '../../src/backends/socket/socket.js';
import { redis } from '../../src/backends/redis/redis.js';
import { octostoreElection } from '../../src/backends/octostore/election/octostore-election.js';
import type { Features, LockBackend } from '../../src/contract/backend.js';

const BACKENDS: Readonly<Record<string, () => LockBackend>> = {
  memory,
  octostore: () => octostore({ token: 'token' }),
  octostoreElection: () => octostoreElection({ id: 'scheduler' }),
  dflockd: () => dflockd(),
  redis: () => redis('redis://127.0.0.1:1'),
  socket: () => socket(),
};

/** Which column, or row, tells of which feature, and how it says yes; all else is a no. */
const TITLES: Readonly<Record<string, readonly [keyof Features, yes: string]>> = {
  'fencing tokens': ['fencing', 'yes'],
  queue: ['fifo', 'FIFO'],
  semaphores: ['semaphore', 'yes'],
  'several permits': ['permits', 'yes'],
  'several permits at once': ['permits', 'yes'],
  'shared locks': ['shared', 'yes'],
  metadata: ['metadata', 'yes'],
  '`minHold` is kept by': ['minHold', 'the backend'],
};

const cellsOf = (line: string): string[] =>
  line
    .replaceAll('in order of arrival', 'FIFO')
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

const backendOf = (cell = ''): string | undefined => /(\w+)\(\)/.exec(cell)?.[1];

/** A page's table of backends, whose rows or columns they are: what it says of each of them under each title. */
function tableOf(page: string): Map<string, Map<string, string>> {
  const lines = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
    .split('\n')
    .map(cellsOf);
  const head = lines.findIndex((cells) => cells[0] === 'backend' || (cells[0] === '' && cells.includes('`memory()`')));
  const end = lines.findIndex((cells, i) => i > head && cells.length === 0);
  const table = [lines[head]!, ...lines.slice(head + 2, end)];
  const isTurned = backendOf(table[0]![1]) !== undefined;
  const rows = isTurned ? table[0]!.map((_, column) => table.map((cells) => cells[column] ?? '')) : table;
  const [titles, ...backends] = rows as [string[], ...string[][]];
  return new Map(
    backends.map((cells) => [backendOf(cells[0]) ?? '', new Map(titles.map((title, i) => [title, cells[i] ?? '']))]),
  );
}

describe.each([
  ['README.md', 5],
  ['docs/reference.md', 7],
] as const)('the table of backends in %s', (page, titles) => {
  const table = tableOf(page);

  it('has each of them', () => {
    expect([...table.keys()].sort()).toEqual(['dflockd', 'memory', 'octostore', 'redis', 'socket']);
  });

  it.each(['memory', 'octostore', 'dflockd', 'redis', 'socket'])('says of %s() what its features say', (name) => {
    const { features } = BACKENDS[name]!();
    const told = [...table.get(name)!].filter(([title]) => title in TITLES);
    expect(told).toHaveLength(titles);
    for (const [title, text] of told) {
      const [feature, yes] = TITLES[title]!;
      expect(text === yes, `${title}: ${text}`).toBe(features[feature] ?? false);
    }
  });
});

it('octostoreElection() is like octostore(), as the pages say', () => {
  expect(BACKENDS['octostoreElection']!().features).toEqual(BACKENDS['octostore']!().features);
});
