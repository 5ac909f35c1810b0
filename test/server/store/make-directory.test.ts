import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../../src/server/store/make-directory.js';

const ROOT = mkdtempSync(join(tmpdir(), 'rxlock-make-'));
afterAll(() => {
  rmSync(ROOT, { recursive: true });
});

describe('makeDirectory', () => {
  it('makes it and those above it, for its user alone', () => {
    makeDirectory(join(ROOT, 'a/b/c/'));
    for (const path of ['a', 'a/b', 'a/b/c']) expect(statSync(join(ROOT, path)).mode & 0o777).toBe(0o700);
  });

  it('leaves one that is there as it is', () => {
    const path = join(ROOT, 'there');
    mkdirSync(path);
    const { mode } = statSync(path);
    makeDirectory(path);
    expect(statSync(path).mode).toBe(mode);
  });

  it('fails at a file, and below one', () => {
    const path = join(ROOT, 'file');
    writeFileSync(path, '');
    for (const one of [path, join(path, 'below')]) {
      expect(() => {
        makeDirectory(one);
      }).toThrow(/EEXIST|ENOTDIR/);
    }
  });

  it.runIf(process.platform === 'linux')('fails where nothing can be made', () => {
    expect(() => {
      makeDirectory('/proc/none/of/it');
    }).toThrow('ENOENT');
  });
});
