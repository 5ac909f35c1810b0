import { healthOf } from '../../health.js';
import type { Services } from '../services.js';
import { ApiError } from '../wire/api-error.js';
import type { Route } from '../wire/call.js';
import { storageError } from '../wire/storage-error.js';
import { forAll, forGuests, refuse } from './respond.js';

/** What can be asked about tokens, and about the server. */
export function tokenRoutes(services: Services): readonly Route[] {
  const { kit, dialect, door } = services;
  return [
    forGuests(services, 'POST', '/auth/token/rotate', (call, { account, principal }) => {
      const { principals, core } = kit;
      if (!principals.required) throw new ApiError('forbidden', 'Forbidden: nobody needs a token here');
      // The token of before would be dead, and the new one could not be told.
      if (core.records.failure !== undefined) throw storageError(core.records.failure);
      const token = principals.rotate(principal);
      door.tokensChanged();
      core.records.whenStored((failure) => {
        if (failure === undefined) {
          call.answer(dialect.rotated({ token, userId: account.userId, name: account.name }));
          return;
        }
        principals.takeBack(principal, token);
        door.tokensChanged();
        refuse(services, call, storageError(failure));
      });
    }),

    forAll(services, 'GET', '/health', (call) => {
      call.answer(dialect.health(healthOf(kit.core)));
    }),
  ];
}
