import { finalize, firstValueFrom, map } from 'rxjs';
import { systemRuntime } from '../../../values/system-runtime.js';
import { errorOf, isOk } from '../wire/answer.js';
import { Api } from '../wire/api.js';
import { textField } from '../wire/json.js';
import type { Transport, TransportOptions } from '../wire/transport.js';
import { electionError } from './election-error.js';
import { isElectionId } from './election-id.js';
import { resolveElectionServer, type OctoStoreElectionServer } from './election-options.js';

/** Everything but the transport, which the platform decides. */
export async function openElection(
  options: OctoStoreElectionServer,
  connect: (options: TransportOptions) => Transport,
): Promise<string> {
  const { baseUrl, timeout } = resolveElectionServer(options);
  const transport = connect({ baseUrl, connectTimeout: timeout });
  const api = new Api({ baseUrl, timeout }, transport, systemRuntime);
  return firstValueFrom(
    api.call({ what: 'open an election', method: 'POST', path: '/elections' }).pipe(
      map((answer) => {
        if (!isOk(answer)) throw electionError(answer);
        const id = textField(answer.json, 'election_id');
        if (!isElectionId(id)) throw errorOf(answer);
        return id;
      }),
      finalize(() => void transport.close()),
    ),
  );
}
