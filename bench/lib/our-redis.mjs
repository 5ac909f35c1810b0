import { createLocks } from 'rxlock';
import { redis } from 'rxlock/redis';
import { inTheirWords } from './in-their-words.mjs';

/** rxlock on Redis beside the others. */
export const OURS = { key: (name) => `rxlock:{${name}}:x`, open: (client) => inTheirWords(createLocks(redis(client))) };
