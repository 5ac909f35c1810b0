import { afterEach, beforeEach } from 'vitest';
import type { SocketOptions } from '../../../../src/backends/socket/index.js';
import { ScriptedServer } from './scripted-server.js';
import { SocketClient } from './socket-client.js';

/** A scripted server for each test, and its clients, which end with it. */
export function withServer(): { readonly server: ScriptedServer; client(options?: SocketOptions): SocketClient } {
  let server: ScriptedServer | undefined;
  let clients: SocketClient[] = [];
  beforeEach(async () => {
    server = await ScriptedServer.start();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(({ backend }) => backend.close()));
    await server?.stop();
    clients = [];
  });
  const get = (): ScriptedServer => server as ScriptedServer;
  return {
    get server() {
      return get();
    },
    client(options) {
      const client = new SocketClient({ url: get().url, ...options });
      clients.push(client);
      return client;
    },
  };
}
