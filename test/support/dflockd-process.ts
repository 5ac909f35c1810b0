// The project's own dflockd server in a process of its own: one that can be stopped dead and killed.
// It takes the flags of the real one, and says its port on a line.
import { argv, stdout } from 'node:process';
import { dflockdServer } from '../../src/server/dflockd/dflockd-server.js';
import { dflockdFlags } from '../../src/server/dflockd/flags.js';

const server = await dflockdServer(dflockdFlags(argv.slice(2)));
stdout.write(`${String(server.port)}\n`);
