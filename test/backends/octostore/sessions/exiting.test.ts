import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { HttpServer, json } from '../../../support/http-server.js';

const PROGRAM = fileURLToPath(new URL('support/releasing.ts', import.meta.url));

it('a program whose server has fallen silent is over long before its session is', async () => {
  const http = await HttpServer.start(({ path }, response) => {
    if (path === '/sessions') json(response, 201, { session_id: 'session', keepalive_interval_secs: 30 });
    else if (path.endsWith('/acquire'))
      json(response, 200, { status: 'acquired', lease_id: 'lease', fencing_token: 1 });
  });
  const child = spawn(execPath, ['--import', 'tsx', PROGRAM, http.url]);
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect({ out, errors, code: code as number }).toEqual({ out: 'released\n', errors: '', code: 0 });
  await http.stop();
});
