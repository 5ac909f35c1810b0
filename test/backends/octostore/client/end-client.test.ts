import { EMPTY, throwError } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { endClient } from '../../../../src/backends/octostore/client/end-client.js';

describe('endClient', () => {
  let closed = 0;
  const transport = {
    request: () => fail(),
    stream: () => fail(),
    close: () => {
      closed++;
      return Promise.resolve();
    },
  };
  beforeEach(() => {
    closed = 0;
  });

  it('closes the transport after what works', async () => {
    const order: string[] = [];
    await endClient({ ...transport, close: async () => void order.push('transport') }, (what: string) => {
      order.push(what);
      return EMPTY;
    })('working');
    expect(order).toEqual(['working', 'transport']);
  });

  it('closes the transport though the end goes wrong', async () => {
    const end = endClient(transport, () => throwError(() => new Error('mine')));
    await expect(end('working')).rejects.toThrow('mine');
    expect(closed).toBe(1);
  });

  it('closes the transport of a client that was never opened', async () => {
    await endClient(transport, fail)(undefined);
    expect(closed).toBe(1);
  });
});

function fail(): never {
  throw new Error('this was not to be asked');
}
