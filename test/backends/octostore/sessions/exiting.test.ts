import { expect, it } from 'vitest';
import { HttpServer, json } from '../../../support/http-server.js';
import { runProgram } from '../../../support/run-program.js';

const PROGRAM = 'test/backends/octostore/sessions/support/releasing.ts';

it('a program whose server has fallen silent is over long before its session is', async () => {
  const http = await HttpServer.start(({ path }, response) => {
    if (path === '/sessions') json(response, 201, { session_id: 'session', keepalive_interval_secs: 30 });
    else if (path.endsWith('/acquire'))
      json(response, 200, { status: 'acquired', lease_id: 'lease', fencing_token: 1 });
  });
  expect(await runProgram(PROGRAM, http.url)).toEqual({ code: 0, out: 'released\n', errors: '' });
  await http.stop();
});
