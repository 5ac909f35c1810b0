import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '../../../src/server/octostore/wire/call.js';
import { ApiError } from '../../../src/server/octostore/wire/api-error.js';
import { Fields } from '../../../src/server/octostore/wire/fields.js';
import { readUuid } from '../../../src/server/octostore/wire/uuid.js';
import { readAcl } from '../../../src/server/octostore/desk/acls.js';
import { requireLockName } from '../../../src/server/octostore/desk/lock-name.js';
import { FrontServer } from '../../support/octostore-front.js';
import { Chance } from './support/chance.js';

const BODIES = 100_000;
const REQUESTS = 20_000;
const AT_ONCE = 50;
/** What a refusal may have for a status. None of them says that it is our fault. */
const REFUSALS = [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 431];

function tryAll(body: Buffer): void {
  const fields = Fields.of({ body, headers: { 'content-type': 'application/json' } } as unknown as Call, true);
  const readers = [
    () => fields.optionalCount('ttl_seconds'),
    () => fields.optionalText('metadata'),
    () => fields.optionalFlag('ephemeral'),
    () => fields.uuid('lease_id'),
    () => fields.text('candidate_id'),
    () => readAcl(fields.optionalTexts('acl', 'acquire') ?? []),
  ];
  for (const read of readers) refusedOnly(read);
}

/** Runs it; it may refuse, and nothing else may come out of it. */
function refusedOnly(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect(REFUSALS).toContain(error.status);
  }
}

describe('whatever a body says', () => {
  it('is read, or refused as what it is', () => {
    const chance = new Chance(20_261_129);
    for (let count = 0; count < BODIES; count++) {
      const body = chance.body();
      refusedOnly(() => {
        tryAll(body);
      });
    }
  });

  it('of a name is one, or refused', () => {
    const chance = new Chance(7);
    for (let count = 0; count < BODIES; count++) {
      const text = chance.text();
      refusedOnly(() => {
        requireLockName(text, 64);
      });
      readUuid(text);
    }
  });
});

describe('whatever is sent', () => {
  let server: FrontServer | undefined;
  const failures: string[] = [];
  beforeAll(async () => {
    server = await FrontServer.start({
      limits: { electionsPerMinute: 1_000_000 },
      onFailure: (error) => {
        failures.push(error);
      },
    });
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('is answered with what it is, and never with a failure of ours', async () => {
    const chance = new Chance(42);
    const statuses = new Map<number, number>();
    for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
      const socket = connect(server!.port, '127.0.0.1');
      await once(socket, 'connect');
      let said = '';
      socket.setEncoding('latin1').on('data', (text: string) => {
        said += text;
      });
      socket.on('error', () => {});
      // In one go: one bad one is the end of all after it.
      const text = Array.from({ length: AT_ONCE }, () => chance.request(server!.tokens.alice));
      socket.end(Buffer.concat(text));
      await once(socket, 'close');
      for (const [, status] of said.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
        statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1);
      }
    }
    expect(failures).toEqual([]);
    for (const status of statuses.keys()) {
      expect([200, 201, 204, ...REFUSALS], JSON.stringify([...statuses])).toContain(status);
    }
    // It was understood as well.
    expect(statuses.get(200)).toBeGreaterThan(100);
    expect((await server!.ask('GET', '/locks')).status).toBe(200);
  });
});
