// The project's own dflockd server in a process of its own: one that can be stopped dead and killed.
// Its options come as JSON in the first argument; it says its port on a line.
import { argv, stdout } from 'node:process';
import { dflockdServer } from '../../src/server/dflockd/dflockd-server.js';
import type { DflockdServerOptions } from '../../src/server/dflockd/options.js';

const server = await dflockdServer(JSON.parse(argv[2]!) as DflockdServerOptions);
stdout.write(`${String(server.port)}\n`);
