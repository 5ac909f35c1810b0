import { execFile, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { describeWithProgram } from '../support/describe-with-program.js';
import { FrontServer } from '../support/octostore-front.js';
import { until } from '../support/poll.js';

const PAGE = fileURLToPath(new URL('../../docs/languages.md', import.meta.url));
/** Some are compiled first. */
const PATIENCE = 120_000;

/** By the name of their blocks: what runs them, and as what file. */
const LANGUAGES = [
  ['sh', 'curl', 'sh', [], 'nightly.sh'],
  ['python', 'python3', 'python3', [], 'nightly.py'],
  ['go', 'go', 'go', ['run'], 'nightly.go'],
  ['java', 'javac', 'java', [], 'Nightly.java'],
] as const;

for (const [language, needed, command, args, file] of LANGUAGES) {
  describeWithProgram(`the program in ${language}`, isThere(needed) ? undefined : `${needed} is not installed`, () => {
    const ends: (() => unknown)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    it('waits for who holds the lock, takes it, says so, and leaves nothing', { timeout: PATIENCE }, async () => {
      const server = await FrontServer.start();
      ends.push(() => server.stop());
      const folder = await mkdtemp(join(tmpdir(), 'rxlock-languages-'));
      ends.push(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, file), await blockOf(language));
      const { json } = await server.ask('POST', '/locks/nightly/acquire', { ttl_seconds: 3600 }, server.tokens.bob);
      const { lease_id, fencing_token } = json as { lease_id: string; fencing_token: number };

      const env = { ...process.env, RXLOCK_URL: server.url, RXLOCK_TOKEN: server.tokens.alice };
      const program = execFile(command, [...args, file], { cwd: folder, env });
      ends.push(() => program.kill());
      const closed = once(program, 'close');
      const said = wordsOf(program);
      const refused = server.kit.meters.front('http').refused;
      await until(() => refused.counts.has('held') || program.exitCode !== null, 'its ask', PATIENCE);
      await server.ask('POST', '/locks/nightly/release', { lease_id }, server.tokens.bob);
      await closed;
      expect(said()).toBe(`nightly is mine, fenced by ${String(fencing_token + 1)}\n`);
      expect(program.exitCode).toBe(0);
      expect(server.kit.core.table.status('nightly').holders).toBe(0);
    });
  });
}

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

async function blockOf(language: string): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  const [, block = ''] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? [];
  return block;
}

/** Everything that it says, also what is wrong. */
function wordsOf({ stdout, stderr }: ChildProcess): () => string {
  let words = '';
  for (const stream of [stdout, stderr]) stream?.on('data', (text: string) => (words += text));
  return () => words;
}
