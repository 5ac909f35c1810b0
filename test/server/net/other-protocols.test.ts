import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { schedulerTimer } from '../../../src/values/scheduler-timer.js';
import { systemScheduler } from '../../../src/values/system-scheduler.js';
import { Timeouts } from '../../../src/values/timeouts.js';
import type { HttpFront } from '../../../src/server/net/http-front.js';
import { listenHttp } from '../../../src/server/net/listen-http.js';
import type { Listener } from '../../../src/server/net/listener.js';
import { TEST_TLS } from '../../support/dflockd-tls.js';

/** What Java's client asks for with each request. */
const UPGRADE = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n';

/** Those whose answers are held back, by path. */
const held = new Map<string, () => void>();

/** Answers what was asked for: `GET /a text`; of `/held…` when it is told to, and after `/last` nothing any more. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.on('data', (part: Buffer) => (body += part.toString()));
  request.on('end', () => {
    const { method = '', url = '' } = request;
    const say = (): void => {
      response.end(`<${[method, url, body].join(' ').trim()}>`);
    };
    if (url === '/last') response.setHeader('connection', 'close');
    if (url.startsWith('/held')) held.set(url, say);
    else say();
  });
}

const FRONTS: readonly (readonly [name: string, front: HttpFront])[] = [
  ['alone', { request: answer, close: () => undefined }],
  [
    'beside WebSockets',
    {
      request: answer,
      upgrade: (_request, client) => {
        client.end('<upgraded>');
      },
      close: () => undefined,
    },
  ],
];

describe.each(FRONTS)('a request for a protocol that nobody speaks, %s', (_name, front) => {
  let listener: Listener | undefined;
  let client: Socket | undefined;
  afterEach(async () => {
    held.clear();
    client?.destroy();
    await listener?.close();
  });

  const start = async (isTls = false): Promise<Socket> => {
    const limits = { maxConnections: Infinity, maxPerAddress: 1, maxStrangers: 1, keepAlive: 5000 };
    const times = { handshakeTimeout: 5000, headerTime: 5000, requestTime: 5000 };
    const where = { host: '127.0.0.1', port: 0, isOpen: true, tls: isTls ? TEST_TLS : undefined };
    const timeouts = new Timeouts(() => performance.now(), schedulerTimer(systemScheduler));
    listener = await listenHttp(front, { ...where, ...limits, ...times }, timeouts);
    const { port } = listener;
    client = isTls
      ? connectTls({ port, host: '127.0.0.1', ca: TEST_TLS.cert, servername: 'localhost' })
      : connect(port);
    client.on('error', () => undefined);
    await once(client, isTls ? 'secureConnect' : 'connect');
    return client;
  };
  /** What is answered, until so many answers are there or the connection is closed. */
  const answersOf = async (socket: Socket, count: number): Promise<string[]> => {
    let text = '';
    const all = (): string[] => text.match(/<[^>]*>/g) ?? [];
    await new Promise<void>((resolve) => {
      const listen = (part: Buffer): void => {
        text += part.toString();
        if (all().length >= count) over();
      };
      const over = (): void => {
        socket.off('data', listen).off('close', over);
        resolve();
      };
      socket.on('data', listen).on('close', over);
    });
    return all();
  };

  it.each([
    ['without a body', `GET /a HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`, '<GET /a>'],
    ['with a body', `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n${UPGRADE}\r\ntext`, '<POST /a text>'],
    ['with an empty one', `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n${UPGRADE}\r\n`, '<POST /a>'],
    [
      'with one in chunks',
      `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n${UPGRADE}\r\n4\r\ntext\r\n0\r\n\r\n`,
      '<POST /a text>',
    ],
    [
      'with a body, though it asks for a WebSocket',
      'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\ntext',
      '<POST /a text>',
    ],
    [
      'in other letters',
      `GET /a HTTP/1.1\r\nHost: x\r\nconnection: upgrade\r\nUPGRADE: TLS/1.3, foo\r\n\r\n`,
      '<GET /a>',
    ],
  ])('is answered %s, and so are those after it', async (_what, request, told) => {
    const socket = await start();
    // The rest of three in the same packet, and the first letters of the next.
    socket.write(`${request.repeat(3)}GET /en`);
    expect(await answersOf(socket, 3)).toEqual([told, told, told]);
    socket.write('d HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await answersOf(socket, 1)).toEqual(['<GET /end>']);
  });

  it('is answered letter by letter, and over TLS', async () => {
    const socket = await start(true);
    const request = `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n${UPGRADE}\r\ntext`;
    for (const letter of request) {
      socket.write(letter);
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.write(request.repeat(2));
    expect(await answersOf(socket, 3)).toEqual(['<POST /a text>', '<POST /a text>', '<POST /a text>']);
  });

  it('is answered after those before it', async () => {
    const socket = await start();
    const plain = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n`;
    socket.write(
      `${plain('/held1')}\r\n${plain('/held2')}${UPGRADE}\r\n${plain('/b')}${UPGRADE}\r\n${plain('/c')}\r\n`,
    );
    const answers = answersOf(socket, 4);
    await expect.poll(() => [...held.keys()]).toEqual(['/held1']);
    held.get('/held1')?.();
    await expect.poll(() => [...held.keys()]).toEqual(['/held1', '/held2']);
    held.get('/held2')?.();
    expect(await answers).toEqual(['<GET /held1>', '<GET /held2>', '<GET /b>', '<GET /c>']);
  });

  it('is not answered after an answer that was the last', async () => {
    const socket = await start();
    socket.write(`GET /last HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`);
    expect(await answersOf(socket, 2)).toEqual(['<GET /last>']);
  });

  it('has the very body that its header says, however many headers there are', async () => {
    const socket = await start();
    const many = 'a:\r\n'.repeat(2100);
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
    const length = String(hidden.length);
    socket.write(`POST /a HTTP/1.1\r\nHost: x\r\n${UPGRADE}${many}Content-Length: ${length}\r\n\r\n${hidden}`);
    socket.write('GET /b HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await answersOf(socket, 2)).toEqual([`<POST /a ${hidden.trim()}>`, '<GET /b>']);
  });

  it('leaves nothing behind at a connection that asks again and again', async () => {
    const socket = await start();
    const warned: Error[] = [];
    const warn = (warning: Error): void => void warned.push(warning);
    process.on('warning', warn);
    for (let round = 0; round < 40; round++) {
      socket.write(`GET /a HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`);
      expect(await answersOf(socket, 1)).toEqual(['<GET /a>']);
    }
    process.off('warning', warn);
    expect(warned).toEqual([]);
  });

  it('does not keep a WebSocket from who asks for one', async () => {
    const socket = await start();
    socket.write(`GET /a HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`);
    expect(await answersOf(socket, 1)).toEqual(['<GET /a>']);
    socket.write('GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n');
    expect(await answersOf(socket, 1)).toEqual([front.upgrade === undefined ? '<GET /a>' : '<upgraded>']);
  });
});
