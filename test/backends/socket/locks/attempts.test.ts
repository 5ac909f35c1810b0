import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { until } from '../../../support/poll.js';
import { withServer } from '../support/with-server.js';

describe('a subscription of who waits', () => {
  const scene = withServer();

  it('shows no header, however deep it is printed', async () => {
    const { backend } = scene.client({ headers: { authorization: 'Bearer not-for-logs' } });
    scene.server.on('acquire', ({ id }) => [{ type: 'queued', id, position: 0 }]);
    const waiting = backend
      .acquire({ name: 'a', ttl: 30_000, wait: true, holder: 'me', stray: () => undefined })
      .subscribe({ error: () => undefined });
    await until(() => scene.server.lines.length === 1 && scene.server.line.all('acquire').length === 1, 'the ask');
    expect(inspect(waiting, { depth: Infinity, showHidden: true })).not.toContain('not-for-logs');
    waiting.unsubscribe();
  });
});
