// Takes a lock at a URL, where client libraries are not installed. Arguments: URL, and which these are.
import { register } from 'node:module';
import { argv } from 'node:process';

const [url, ...missing] = argv.slice(2) as [string, ...string[]];
const hooks = `export function resolve(specifier, context, next) {
  if (!${JSON.stringify(missing)}.includes(specifier)) return next(specifier, context);
  throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
const { redis } = await import('../../../../../src/backends/redis/index.js');
const { createLocks } = await import('../../../../../src/locks/create-locks.js');
const locks = createLocks(redis(url));
await locks.acquire('a lock', '10s', { wait: '10s' }).then(
  () => console.log('acquired'),
  (error: unknown) => console.log(String(error)),
);
await locks.close();
