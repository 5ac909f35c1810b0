import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { tokenProtocol } from '../../../../src/native/protocol.js';
import { readServerFrame } from '../../../../src/native/frame.js';
import { TokenPrincipals } from '../../../../src/server/token-principals.js';
import { listenNative } from '../support/listen.js';

const HELLO = '[{"type":"hello","versions":[1]}]';

/** What becomes of a client: the status of the answer, or what it is told and how it is closed. */
async function outcome(
  url: string,
  protocols: string[] = [],
  options: ClientOptions = {},
  ...frames: (string | Buffer)[]
) {
  const socket = new WebSocket(url, protocols, options);
  const told: string[] = [];
  socket.on('message', (data: Buffer) => {
    told.push(
      ...readServerFrame(data.toString()).map(({ type, ...rest }) =>
        `${type} ${'code' in rest ? rest.code : ''}`.trim(),
      ),
    );
    if (told.at(-1) === 'welcome') socket.close();
  });
  const status = new Promise<number | undefined>((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode);
      socket.terminate();
    });
    socket.on('close', () => {
      resolve(undefined);
    });
  });
  socket.on('error', () => undefined);
  socket.on('open', () => {
    for (const frame of frames) socket.send(frame);
  });
  const code = new Promise<number>((resolve) => socket.on('close', resolve));
  return { status: await status, told, code: await code, protocol: socket.protocol };
}

describe('who asks for a WebSocket', () => {
  it('gets it with the protocol, or if it names none', async () => {
    await using server = await listenNative();
    expect(await outcome(server.url, ['rxlock'], {}, HELLO)).toMatchObject({ told: ['welcome'], protocol: 'rxlock' });
    expect(await outcome(`${server.url}/v1`, [], {}, HELLO)).toMatchObject({ told: ['welcome'], protocol: '' });
  });

  it('does not get it for another protocol, at another path, or from a page of another origin', async () => {
    await using server = await listenNative({ origins: ['https://good.example'] });
    expect(await outcome(server.url, ['chat'])).toMatchObject({ status: 400 });
    expect(await outcome(`${server.url}/other`)).toMatchObject({ status: 404 });
    for (const origin of ['https://bad.example', 'null', 'https://good.example.bad']) {
      expect(await outcome(server.url, [], { origin })).toMatchObject({ status: 403 });
    }
    expect(await outcome(server.url, [], { origin: 'https://good.example' }, HELLO)).toMatchObject({
      told: ['welcome'],
    });
  });

  it('says its token in a subprotocol, which is never repeated, or in hello', async () => {
    const principals = new TokenPrincipals([{ name: 'ann', token: 's3cret/1' }]);
    await using server = await listenNative({ principals });
    const right = tokenProtocol('s3cret/1');
    expect(await outcome(server.url, ['rxlock', right], {}, HELLO)).toMatchObject({
      told: ['welcome'],
      protocol: 'rxlock',
    });
    expect(await outcome(server.url, ['rxlock', tokenProtocol('wrong')])).toMatchObject({ status: 401 });
    expect(await outcome(server.url, ['rxlock'], {}, HELLO)).toMatchObject({ told: ['refused auth'], code: 1008 });
    const hello = (token: string): string => `[{"type":"hello","versions":[1],"token":"${token}"}]`;
    expect(await outcome(server.url, [], {}, hello('s3cret/1'))).toMatchObject({ told: ['welcome'] });
    expect(await outcome(server.url, [], {}, hello('wrong'))).toMatchObject({ told: ['refused auth'], code: 1008 });
  });

  it('sends text, and no frame that is too large', async () => {
    await using server = await listenNative({ limits: { frame: 1024 } });
    expect(await outcome(server.url, [], {}, Buffer.from(HELLO))).toMatchObject({
      told: ['refused protocol'],
      code: 1002,
    });
    expect(await outcome(server.url, [], {}, ' '.repeat(1025))).toMatchObject({ told: [], code: 1009 });
    expect(server.front.connections).toBe(0);
  });

  it('gets no compression', async () => {
    await using server = await listenNative();
    const socket = new WebSocket(server.url, { perMessageDeflate: true });
    await once(socket, 'open');
    expect(socket.extensions).toBe('');
    socket.terminate();
  });

  it('may disappear at any moment', async () => {
    await using server = await listenNative();
    for (const text of [
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'GET /x HTTP/1.1\r\n',
    ]) {
      const socket = connect(server.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(text);
      socket.resetAndDestroy();
    }
    expect(await outcome(server.url, [], {}, HELLO)).toMatchObject({ told: ['welcome'] });
  });

  it('is told when the server stops', async () => {
    const server = await listenNative();
    const socket = new WebSocket(server.url);
    const frames: string[] = [];
    socket.on('message', (data: Buffer) => frames.push(data.toString()));
    await once(socket, 'open');
    socket.send(HELLO);
    await once(socket, 'message');
    const closed = once(socket, 'close');
    await server[Symbol.asyncDispose]();
    expect((await closed)[0]).toBe(1001);
    expect(frames.at(-1)).toContain('"closing"');
  });
});
