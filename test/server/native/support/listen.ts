import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { Guesses } from '../../../../src/server/guesses.js';
import { checkLimits, type LimitOptions } from '../../../../src/server/limits.js';
import { Meters } from '../../../../src/server/meters.js';
import { NativeFront, type NativeSettings } from '../../../../src/server/native/native-front.js';
import { ANYBODY, type Principals } from '../../../../src/server/principals.js';
import { ServerCore, type CoreKeeping } from '../../../../src/server/server-core.js';
import { SILENT_LOG } from '../../../../src/server/server-log.js';

export interface ListenNative extends NativeSettings {
  readonly limits?: LimitOptions;
  readonly principals?: Principals;
  /** A free one by default. */
  readonly port?: number;
  readonly keeping?: CoreKeeping;
}

/** The front, in real time. */
export async function listenNative({
  limits,
  principals = ANYBODY,
  port: wanted = 0,
  keeping,
  ...settings
}: ListenNative = {}) {
  const checked = checkLimits(limits);
  const core = new ServerCore({}, undefined, checked.buffered, keeping);
  const front = new NativeFront(
    {
      core,
      principals,
      guesses: new Guesses(core.timeouts),
      limits: checked,
      maxTtl: 3_600_000,
      meters: new Meters(),
      log: SILENT_LOG,
      randomBytes,
    },
    settings,
  );
  const server = createServer((_request, response) => {
    response.writeHead(426).end();
  });
  server.on('upgrade', (request, socket, head) => {
    front.upgrade(request, socket, head, () => undefined);
  });
  await core.records.begin();
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    core,
    front,
    port,
    url: `ws://127.0.0.1:${String(port)}`,
    async [Symbol.asyncDispose](): Promise<void> {
      front.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
