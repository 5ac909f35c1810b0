import { afterEach, beforeEach } from 'vitest';
import { FaultProxy } from '../../../../support/proxy.js';
import { RedisUser } from './redis-user.js';

/** Gives each test a proxy before the server, and closes all users after it. @returns It. */
export function useProxy(server: () => { readonly port: number }): () => FaultProxy {
  let proxy: FaultProxy;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
  });
  afterEach(async () => {
    await proxy.heal();
    await RedisUser.closeAll();
    await proxy.stop();
  });
  return () => proxy;
}
