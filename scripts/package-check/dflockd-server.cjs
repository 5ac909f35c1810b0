// A server that answers the first program of dflockd's documented client, for one lock.
const { createServer } = require('node:net');

exports.start = async () => {
  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      for (let frame = /^(.*)\n(.*)\n(.*)\n/.exec(text); frame !== null; frame = /^(.*)\n(.*)\n(.*)\n/.exec(text)) {
        text = text.slice(frame[0].length);
        socket.write({ l: 'ok token 33\n', n: 'ok 33\n', r: 'ok\n' }[frame[1]] ?? 'error\n');
      }
    });
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { port: server.address().port, stop: () => new Promise((resolve) => server.close(resolve)) };
};
