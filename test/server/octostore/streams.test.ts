import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { until } from '../../support/poll.js';
import { Time } from '../../support/virtual.js';
import { send, servers } from './support/served.js';
import { Stream } from './support/stream.js';

const start = servers();

describe('a stream of a lock', () => {
  it('begins with what is, and tells what happens', async () => {
    const server = await start();
    const stream = await Stream.open(server, '/locks/a/watch');
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    expect(await stream.told(1)).toEqual(['released']);
    const { json } = await send(server, 'POST', '/locks/a/acquire', { body: { ttl_seconds: 30 } });
    await send(server, 'POST', '/locks/a/renew', { body: { lease_id: json['lease_id'], ttl_seconds: 60 } });
    await send(server, 'POST', '/locks/a/release', { body: { lease_id: json['lease_id'] } });
    expect(await stream.told(4)).toEqual(['released', 'acquired', 'renewed', 'released']);
    expect(Object.keys(stream.events[1]!)).toEqual([
      'event',
      'lock_name',
      'fencing_token',
      'expires_at',
      'observed_at',
    ]);
    expect(stream.events[1]!['fencing_token']).toBe(json['fencing_token']);
    expect(Object.keys(stream.events[3]!)).toEqual(['event', 'lock_name', 'observed_at']);
    stream.close();
    await until(() => server.watching === 0, 'the end of the watch');
  });

  it('tells that a lock has run out, when it has', async () => {
    const time = new Time();
    const server = await start({ time: { scheduler: time } });
    await send(server, 'POST', '/locks/a/acquire', { body: { ttl_seconds: 30 } });
    const stream = await Stream.open(server, '/locks/a/watch');
    expect(await stream.told(1)).toEqual(['acquired']);
    time.advance(30_000);
    expect(await stream.told(2)).toEqual(['acquired', 'expired']);
  });

  it('says something now and then, so that both sides see that the other is there', async () => {
    const time = new Time();
    const server = await start({ time: { scheduler: time } });
    const stream = await Stream.open(server, '/locks/a/watch');
    await stream.told(1);
    time.advance(15_000);
    await until(() => stream.text.includes('\n\n:\n\n'), 'a sign of life');
  });

  it('ends for a client that takes nothing', async () => {
    const server = await start();
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET /locks/a/watch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.tokens.alice}\r\n\r\n`, () =>
      socket.pause(),
    );
    await until(() => server.watching === 1, 'the watch');
    const { json } = await send(server, 'POST', '/locks/a/acquire', { body: {} });
    const { core } = server.kit;
    // More than any socket takes in.
    for (let times = 0; times < 200_000 && server.watching > 0; times++) {
      core.turn.run(() => {
        core.table.renew(server.place('a')!, 60_000 + times);
      });
      if (times % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => server.watching === 0, 'the end of the watch');
    expect((await send(server, 'POST', '/locks/a/release', { body: { lease_id: json['lease_id'] } })).status).toBe(200);
    socket.destroy();
  });

  it('ends for a user whose token is gone, and not for others', async () => {
    const server = await start();
    const [alice, bob] = [
      await Stream.open(server, '/locks/a/watch'),
      await Stream.open(server, '/locks/a/watch', server.tokens.bob),
    ];
    await Promise.all([alice.told(1), bob.told(1)]);
    server.replaceTokens({ bob: server.tokens.bob });
    await alice.ended();
    expect(bob.hasEnded).toBe(false);
    bob.close();
  });

  it('ends when the front drains', async () => {
    const server = await start();
    const stream = await Stream.open(server, '/locks/a/watch');
    await stream.told(1);
    server.front.drain();
    await stream.ended();
  });

  it('has only its head for HEAD', async () => {
    const server = await start();
    const { status, text, headers } = await send(server, 'HEAD', '/locks/a/watch');
    expect([status, text, headers.get('content-type')]).toEqual([200, '', 'text/event-stream']);
    await until(() => server.watching === 0, 'the end of the watch');
  });

  it('is refused to who reads too many', async () => {
    const server = await start({ limits: { watches: 1 } });
    const stream = await Stream.open(server, '/locks/a/watch');
    await stream.told(1);
    const { status, json, headers } = await send(server, 'GET', '/locks/b/watch');
    expect([status, json['code'], headers.get('retry-after')]).toEqual([429, 'rate_limited', '30']);
    stream.close();
  });
});

describe('a stream of an election', () => {
  it('tells who leads, and when nobody does', async () => {
    const server = await start();
    const stream = await Stream.open(server, '/elections/election-1/watch', null);
    await stream.told(1);
    const { json } = await send(server, 'POST', '/elections/election-1/campaign', {
      token: null,
      body: { candidate_id: 'a' },
    });
    await send(server, 'POST', '/elections/election-1/resign', { body: { leader_token: json['leader_token'] } });
    expect(await stream.told(3)).toEqual(['vacant', 'leader', 'vacant']);
    expect(stream.text).toContain('event: state\nretry: 1000\ndata: {');
    expect(stream.events[1]).toMatchObject({
      schema_version: 1,
      election_id: 'election-1',
      leader: { candidate_id: 'a', term: 1 },
    });
    stream.close();
  });

  it('is refused to an address that reads eight', async () => {
    const server = await start();
    const streams = await Promise.all(
      Array.from({ length: 8 }, () => Stream.open(server, '/elections/election-1/watch', null)),
    );
    expect(await send(server, 'GET', '/elections/election-1/watch', { token: null })).toMatchObject({ status: 429 });
    for (const stream of streams) stream.close();
    await until(() => server.watching === 0, 'the end of the watches');
  });

  it('ends after a quarter of an hour', async () => {
    const time = new Time();
    const server = await start({ time: { scheduler: time } });
    const stream = await Stream.open(server, '/elections/election-1/watch', null);
    await stream.told(1);
    time.advance(900_000);
    await stream.ended();
  });
});
