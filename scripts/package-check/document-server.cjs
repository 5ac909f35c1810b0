// A server that answers the drop-in client's first program as its document says, for one lock.
const { createServer } = require('node:http');

exports.start = async () => {
  let holder;
  const server = createServer((request, response) => {
    const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const user = request.headers.authorization;
    request.resume().on('end', () => {
      if (request.url === '/health') return response.end('ok');
      if (request.url.endsWith('/acquire')) {
        if (holder !== undefined && holder !== user) return answer(409, { error: 'held', holder_id: 'somebody', expires_at });
        holder = user;
        return answer(200, { status: 'acquired', lease_id: 'lease', fencing_token: 1, expires_at });
      }
      if (request.url.endsWith('/renew')) return answer(200, { lease_id: 'lease', expires_at });
      holder = undefined;
      return answer(200, {});
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))) };
};
