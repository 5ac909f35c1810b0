import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Ledger, LedgerBatch } from '../../../src/server/ledger.js';
import { headText } from '../../../src/server/records/head.js';
import { CheckSum, digestInto } from '../../../src/server/records/check-sum.js';
import { openStore } from '../../../src/server/store/open-store.js';
import { quickFolder } from '../../support/quick-folder.js';

const ROOT = quickFolder('store');
let directories = 0;
const fresh = (): string => join(ROOT, String(++directories));

afterAll(() => {
  rmSync(ROOT, { recursive: true });
});

/** Grants as a book would write them, a batch each. */
class Grants {
  private readonly sum = new CheckSum();

  batch(number: number, more: readonly (readonly [string, string])[] = []): LedgerBatch {
    const puts = [
      [
        `p${String(number).padStart(16, '0')}`,
        JSON.stringify({ name: `n${String(number)}`, ttl: 1000, metadata: 'm'.repeat(200) }),
      ] as const,
      ...more,
    ];
    for (const [key, text] of puts) {
      const digest = { high: 0, low: 0 };
      digestInto(digest, key, text);
      this.sum.add(digest);
    }
    return { number, token: number, deletes: [], puts: [...puts, ['head', headText(number, number, this.sum)]] };
  }
}

function write(ledger: Ledger, batch: LedgerBatch): Promise<void> {
  return new Promise((resolve, reject) => {
    ledger.write(batch, (failure) => {
      if (failure === undefined) resolve();
      else reject(failure);
    });
  });
}

/** A directory with so many grants in it, each in a batch of its own. @param halves Is it closed in the middle, so that it has more files? */
async function filled(count: number, halves = false): Promise<string> {
  const dir = fresh();
  const grants = new Grants();
  let ledger = await openStore(dir);
  for (let number = 1; number <= count; number++) {
    await write(ledger, grants.batch(number));
    if (halves && number === count >> 1) {
      await ledger.close();
      ledger = await openStore(dir);
    }
  }
  await ledger.close();
  return dir;
}

async function numberIn(dir: string): Promise<number> {
  const ledger = await openStore(dir);
  const { head, grants } = ledger.take();
  await ledger.close();
  expect(grants.length).toBe(head.number);
  return head.number;
}

describe('openStore', () => {
  it('makes a directory for its owner alone, and finds again what was written', async () => {
    const dir = await filled(20);
    expect(await numberIn(dir)).toBe(20);
    expect(statSync(dir).mode & 0o077).toBe(0);
  });

  it('goes on after a first start that was cut off before anything was granted', async () => {
    const dir = await filled(0);
    rmSync(join(dir, 'mark'));
    expect(await numberIn(dir)).toBe(0);
  });

  it('refuses a directory that a server uses, in this process or another', async () => {
    const dir = fresh();
    const ledger = await openStore(dir);
    await expect(openStore(dir)).rejects.toMatchObject({
      code: 'ERR_LOCK_CONFIG',
      message: expect.stringMatching(/is in use by another server: stop/) as string,
    });
    await ledger.close();
    const other = spawn(
      process.execPath,
      [
        '-e',
        `
      const { ClassicLevel } = require('classic-level');
      new ClassicLevel(${JSON.stringify(join(dir, 'locks'))}).open().then(() => { console.log('open'); setInterval(() => {}, 1000); });
    `,
      ],
      { cwd: process.cwd(), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(other.stdout, 'data');
    await expect(openStore(dir)).rejects.toThrow(/is in use by another server: stop/);
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(await numberIn(dir)).toBe(0);
  });

  it('refuses a directory of something else, and a file', async () => {
    const dir = mkdtempSync(join(ROOT, 'x'));
    writeFileSync(join(dir, 'thesis.txt'), '');
    await expect(openStore(dir)).rejects.toThrow(/holds files that are not this server's/);
    await expect(openStore(join(dir, 'thesis.txt'))).rejects.toThrow(/has to be a directory/);
    await expect(openStore(join(dir, 'thesis.txt', 'sub'))).rejects.toThrow(/has to be a directory/);
  });

  it('refuses what a newer version has written', async () => {
    const dir = await filled(1);
    const mark = readFileSync(join(dir, 'mark'), 'latin1');
    writeFileSync(join(dir, 'mark'), mark.replace('format 1', 'format 2'));
    await expect(openStore(dir)).rejects.toThrow(/newer version of rxlock, in format 2; this one knows 1/);
  });

  it('refuses what is damaged, and begins afresh if it is told so, above the tokens of before', async () => {
    const dir = await filled(20);
    rmSync(join(dir, 'locks'), { recursive: true });
    await expect(openStore(dir)).rejects.toThrow(/are damaged: .* Wait until .* named afresh .* go on above 20$/s);
    writeFileSync(join(dir, 'afresh'), '');
    const ledger = await openStore(dir);
    expect(ledger.take()).toMatchObject({ head: { number: 0, lastToken: 20 }, grants: [] });
    await ledger.close();
    expect(readdirSync(dir).sort()).toEqual(['locks', 'mark']);
    expect(await numberIn(dir)).toBe(0);
  });

  it('notices that a mark is missing, damaged, or ahead', async () => {
    const dir = await filled(5);
    const mark = join(dir, 'mark');
    const good = readFileSync(mark);
    expect(good.toString()).toBe('rxlock data, format 1, batch 0000000000000005, token 0000000000000005\n');
    rmSync(mark);
    await expect(openStore(dir)).rejects.toThrow('its mark is missing');
    writeFileSync(mark, good.subarray(0, 20));
    await expect(openStore(dir)).rejects.toThrow('its mark cannot be read');
    writeFileSync(mark, good.toString().replace('batch 0000000000000005', 'batch 0000000000000006'));
    await expect(openStore(dir)).rejects.toThrow('the last that was written is missing');
    writeFileSync(mark, good);
    expect(await numberIn(dir)).toBe(5);
  });
});

describe('a damaged file', () => {
  type Damage = readonly [what: string, damage: (path: string, part: number) => void];
  const change = (path: string, edit: (bytes: Buffer) => void): void => {
    const bytes = readFileSync(path);
    edit(bytes);
    writeFileSync(path, bytes);
  };
  const at = (size: number, part: number): number => Math.min(size - 1, Math.floor(size * part));
  const DAMAGES: readonly Damage[] = [
    [
      'a bit',
      (path, part) => {
        change(path, (bytes) => {
          const index = at(bytes.length, part);
          bytes[index] = (bytes[index] ?? 0) ^ 4;
        });
      },
    ],
    [
      'a block of zeros',
      (path, part) => {
        change(path, (bytes) => bytes.subarray(at(bytes.length, part)).subarray(0, 512).fill(0));
      },
    ],
    [
      'an end that is cut off',
      (path, part) => {
        truncateSync(path, at(statSync(path).size, part));
      },
    ],
    [
      'the whole file',
      (path) => {
        rmSync(path);
      },
    ],
  ];
  const PARTS = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999];

  it.each(DAMAGES)('at any place stops the start, or has done no harm: %s', async (_what, damage) => {
    let refused = 0;
    for (const halves of [false, true]) {
      const dir = await filled(200, halves);
      const files = [
        ...readdirSync(join(dir, 'locks'))
          .filter((name) => !/^LO(CK|G)/.test(name))
          .map((name) => join('locks', name)),
        'mark',
      ];
      for (const file of files) {
        for (const part of PARTS) {
          const copy = fresh();
          cpSync(dir, copy, { recursive: true });
          if (statSync(join(copy, file)).size === 0) continue;
          damage(join(copy, file), part);
          const outcome = await numberIn(copy).catch((error: unknown) => error);
          if (outcome === 200) continue;
          refused++;
          expect(outcome, `${file} at ${String(part)}`).toMatchObject({ code: 'ERR_LOCK_CONFIG' });
          // What LevelDB makes of it when it opens it does not hide it the next time.
          await expect(openStore(copy)).rejects.toMatchObject({ code: 'ERR_LOCK_CONFIG' });
        }
      }
    }
    expect(refused).toBeGreaterThan(10);
  });

  it('in what was written after the last regular end stops the start as well', async () => {
    const dir = fresh();
    const grants = new Grants();
    const ledger = await openStore(dir);
    for (let number = 1; number <= 200; number++) await write(ledger, grants.batch(number));
    // As after a kill: LevelDB has not tidied up.
    const killed = fresh();
    cpSync(dir, killed, { recursive: true });
    await ledger.close();
    const log = readdirSync(join(killed, 'locks')).find((name) => name.endsWith('.log')) ?? '';
    for (const [what, damage] of DAMAGES) {
      for (const part of PARTS) {
        const copy = fresh();
        cpSync(killed, copy, { recursive: true });
        damage(join(copy, 'locks', log), part);
        const outcome = await numberIn(copy).catch((error: unknown) => error);
        expect(outcome, `${what} at ${String(part)}`).toMatchObject({ code: 'ERR_LOCK_CONFIG' });
      }
    }
    expect(await numberIn(killed)).toBe(200);
  });
});

describe('a ledger that is closed while it is opened anew', () => {
  it('can be opened by another', async () => {
    const dir = await filled(3);
    const ledger = await openStore(dir);
    const reopened = new Promise((resolve) => {
      ledger.reopen((failure) => {
        resolve(failure);
      });
    });
    await ledger.close();
    expect(await reopened).toBeInstanceOf(Error);
    expect(await numberIn(dir)).toBe(3);
  });
});

describe('a store whose directory goes while it is open', () => {
  it.each([
    [
      'is removed',
      (dir: string) => {
        rmSync(dir, { recursive: true });
      },
    ],
    [
      'is moved',
      (dir: string) => {
        renameSync(dir, `${dir}-moved`);
      },
    ],
  ])('%s: nothing more is written, also if another one is made there', async (_what, go) => {
    const dir = fresh();
    const grants = new Grants();
    const ledger = await openStore(dir);
    await write(ledger, grants.batch(1));
    go(dir);
    await expect(write(ledger, grants.batch(2))).rejects.toThrow('the lock server cannot write to its disk');
    const other = fresh();
    await openStore(other).then((one) => one.close());
    renameSync(other, dir);
    await expect(write(ledger, grants.batch(3))).rejects.toMatchObject({
      cause: { message: 'the directory was removed or moved while the server ran' },
    });
    await ledger.close();
    // Nothing has come into the other one.
    const again = await openStore(dir);
    expect(again.take().grants).toEqual([]);
    await again.close();
  });
});
