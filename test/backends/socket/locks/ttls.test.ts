import { describe, expect, it } from 'vitest';
import { until } from '../../../support/poll.js';
import { withServer } from '../support/with-server.js';

describe('two ttls that are asked for one after the other', () => {
  const scene = withServer();

  it('the shorter one counts as long as nobody knows what became of it', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a', { ttl: 10_000 });
    scene.server.on('ttl', ({ id, ttl }) => (ttl === 20_000 ? [{ type: 'done', id }] : []));
    const [longer, shorter] = [client.renew([grant], 20_000), client.renew([grant], 5000)];
    expect(await longer).toMatchObject([{ outcome: 'renewed', bounds: [{ ttl: 5000 }] }]);
    expect(client.backend.confirmed?.(grant)?.[0].ttl).toBe(5000);
    scene.server.line.cut();
    expect(await shorter).toMatchObject([{ outcome: 'unknown' }]);
    expect(client.backend.confirmed?.(grant)?.[0].ttl).toBe(5000);
  });

  it('of which the first is refused leave the second', async () => {
    const client = scene.client();
    const { grant } = await client.acquire('a', { ttl: 10_000 });
    scene.server.on('ttl', ({ id, ttl }) =>
      ttl === 6000 ? [{ type: 'error', id, code: 'limit', message: 'too many asks a second' }] : [],
    );
    const [first, second] = [client.renew([grant], 6000), client.renew([grant], 5000)];
    expect(await first).toMatchObject([{ outcome: 'unknown' }]);
    await until(() => scene.server.line.all('ttl').length === 2, 'both');
    expect(client.backend.confirmed?.(grant)?.[0].ttl).toBe(5000);
    scene.server.line.cut();
    await second;
  });
});
