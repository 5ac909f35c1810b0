import type { Bench } from '../bench.js';
import type { CaseGroup } from '../case.js';
import { check } from '../check.js';

/** Tokens grow with every grant. Where there are none, that every grant has none is checked in every case. */
export const fencing: CaseGroup = {
  title: 'fencing',
  cases: [
    {
      title: 'gives each grant a greater token than the one before it',
      async run(bench: Bench): Promise<void> {
        const clients = [bench.client(), bench.client()];
        const name = bench.name();
        let last: bigint | undefined;
        for (let i = 0; i < 20; i++) {
          for (const client of clients) {
            const { grant } = await client.takeSoon(name, 'a released lock was not granted again');
            const token = grant.fencingToken;
            if (client.backend.features.fencing) {
              check(token !== undefined, 'a grant has no token');
              check(last === undefined || token > last, `the token ${String(token)} came after ${String(last)}`);
            } else check(token === undefined, 'there is a token although features.fencing is false');
            last = token;
            await client.release([grant]);
          }
        }
      },
    },
    {
      title: 'keeps the token of a grant when it is renewed',
      async run(bench: Bench): Promise<void> {
        const a = bench.client();
        const { grant } = await a.take(bench.name());
        const token = grant.fencingToken;
        await a.renew([grant]);
        check(grant.fencingToken === token, 'a renewal changed the token');
        const status = await a.statusBecomes(grant.name, 'held');
        check(
          status.fencingToken === undefined || status.fencingToken === token,
          'the status tells another token than the grant',
        );
      },
    },
  ],
};
