// What a bundle gets: the core and the operators, minified and compressed, without rxjs, as size-limit measures it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bench } from './lib/bench.mjs';
import { compare } from './lib/lines.mjs';

const run = promisify(execFile);
/** The entry of `.size-limit.json` that is the core with the operators. */
const WHOLE = 'all of rxlock';

await bench(import.meta.url, {
  async measure({ report }) {
    const program = fileURLToPath(new URL('../node_modules/size-limit/bin.js', import.meta.url));
    // A limit that is passed is an exit code, and not what this row is about.
    const { stdout } = await run(process.execPath, [program, '--json'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    }).catch((error) => error);
    const sizes = JSON.parse(stdout);
    if (!sizes.some(({ name }) => name === WHOLE)) throw new Error(`.size-limit.json has no '${WHOLE}'`);
    for (const { name, size } of sizes) {
      report(compare({ what: name, unit: 'kB', ours: [size / 1000], targets: name === WHOLE ? [{ max: 15 }] : [] }));
    }
  },
});
