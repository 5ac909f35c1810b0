import { once } from 'node:events';
import WebSocket from 'ws';
import { url } from './services.mjs';

/** Two messages as long as ours, one after the other, each answered by a server that does nothing else: no lock can be faster. */
export async function bareSocket() {
  const socket = new WebSocket(`ws://${url.bare}`, { perMessageDeflate: false });
  await once(socket, 'open');
  let answered;
  socket.on('message', (text) => answered(JSON.parse(String(text))));
  const ask = (message) =>
    new Promise((resolve) => {
      answered = resolve;
      socket.send(JSON.stringify([message]));
    });
  return async () => {
    await ask({ type: 'acquire', id: 1, name: 'some-name', ttl: 30_000, wait: true });
    await ask({ type: 'release', id: 2, lock: 1 });
  };
}
