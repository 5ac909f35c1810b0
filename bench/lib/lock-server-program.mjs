// A server of locks with the options of its first argument, in JSON. It lives until it is killed.
import { createLockServer } from 'rxlock/server';

await createLockServer(JSON.parse(process.argv[2]));
