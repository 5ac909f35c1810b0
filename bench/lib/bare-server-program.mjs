// The least that a server of locks in Node can do, on the port of its first argument: a WebSocket that says what it is
// told, and POST requests, of which those to acquire are written to a file, and synced, before they are answered.
import { fdatasync, openSync, write } from 'node:fs';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const file = openSync('bare', 'w');
const record = Buffer.alloc(360);
const answer = JSON.stringify({ status: 'acquired', lease_id: '0'.repeat(36), fencing_token: 1, expires_in: 30 });
const headers = { 'content-type': 'application/json', 'content-length': answer.length };

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    if (body !== '') JSON.parse(body);
    const say = () => response.writeHead(200, headers).end(answer);
    if (!request.url.endsWith('/acquire')) say();
    else write(file, record, () => fdatasync(file, say));
  });
});
new WebSocketServer({ server }).on('connection', (socket) => {
  socket.on('message', (text) => socket.send(JSON.stringify(JSON.parse(String(text)))));
});
server.listen(Number(process.argv[2]), '127.0.0.1');
