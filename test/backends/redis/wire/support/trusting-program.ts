// Asks a Redis for a sign of life, and tells whether it came. Argument: its URL.
import { argv } from 'node:process';
import { lastValueFrom } from 'rxjs';
import { redis } from '../../../../../src/backends/redis/index.js';

const service = redis(argv[2]!);
await lastValueFrom(service.ping(), { defaultValue: undefined }).then(
  () => console.log('trusted'),
  (error: unknown) => console.log((error as Error).message),
);
await service.close();
