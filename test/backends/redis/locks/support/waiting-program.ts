// Waits for a lock until it is killed, and tells when it has a place. Arguments: URL, name, what is wanted as JSON.
import { argv } from 'node:process';
import { RedisUser, type Wanted } from './redis-user.js';

await new RedisUser(argv[2]!).queue(argv[3]!, JSON.parse(argv[4]!) as Wanted);
process.send?.('queued');
