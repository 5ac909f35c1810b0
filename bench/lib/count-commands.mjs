import { connect } from 'node:net';
import { once } from 'node:events';

/**
 * Counts the commands that clients send to a Redis. Those that scripts call do not count: `INFO commandstats` counts both,
 * `MONITOR` tells them apart. It slows the server down, so nothing else is to be measured meanwhile.
 *
 * @returns A function that ends it and gives the number.
 */
export async function countCommands(url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let count = -1; // the answer to MONITOR itself
  let rest = '';
  socket.setEncoding('latin1').on('data', (text) => {
    const lines = (rest + text).split('\r\n');
    rest = lines.pop();
    for (const line of lines) if (!/^\+[\d.]+ \[\d+ lua\]/.test(line)) count++;
  });
  socket.write('MONITOR\r\n');
  await once(socket, 'data');
  return async () => {
    // What was sent before is told before.
    socket.write('QUIT\r\n');
    await once(socket, 'close');
    return count - 1;
  };
}
