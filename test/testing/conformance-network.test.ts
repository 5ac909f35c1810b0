import { describe, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { describeBackend } from '../../src/testing/index.js';
import { overNetwork, sharedTable } from './support/broken-backends.js';

describeBackend({
  name: 'memory over a network, as seen from two clients',
  describe,
  it,
  factory: () => {
    const table = sharedTable();
    return {
      create: () => {
        const backend = memory({ table });
        const methods = Object.fromEntries(
          (['open', 'acquire', 'renew', 'release', 'watch', 'status', 'list', 'revoke', 'ping', 'close'] as const).map(
            (method) => [method, (backend[method] as (...args: unknown[]) => unknown).bind(backend)],
          ),
        );
        const { name, features, revoked$, validateName } = backend;
        const plain = { name, features, revoked$, validateName, ...methods } as typeof backend;
        return { ...plain, ...overNetwork(plain) };
      },
    };
  },
});
