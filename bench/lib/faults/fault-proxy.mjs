import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compiled } from '../compiled.mjs';

const SOURCE = fileURLToPath(new URL('../../../test/support/proxy.ts', import.meta.url));

/** The proxy of the tests. */
export const { FaultProxy } = await imported();

async function imported() {
  const folder = await mkdtemp(join(tmpdir(), 'rxlock-bench-'));
  try {
    return await import(pathToFileURL(await compiled(SOURCE, folder)));
  } finally {
    await rm(folder, { recursive: true });
  }
}
