import { sourceOf } from '../../net/source-of.js';
import type { Services } from '../services.js';
import { ApiError } from '../wire/api-error.js';
import type { Call, Reply, Route } from '../wire/call.js';
import type { Guest } from './doorkeeper.js';

/** Answers that it is refused. */
export function refuse({ dialect, meters, log }: Services, call: Call, error: ApiError): void {
  meters.refused.add(error.code);
  log.say('ask refused', { from: sourceOf(call.address), reason: error.code });
  call.answer(dialect.error(error, call.id));
}

/** What answers, or refuses, when that is known. */
export function answering<T>(
  services: Services,
  call: Call,
  reply: (value: T) => Reply,
): (answer: T | ApiError) => void {
  return (answer) => {
    if (answer instanceof ApiError) refuse(services, call, answer);
    else call.answer(reply(answer));
  };
}

/** A route for those who may come in. */
export function forGuests(
  services: Services,
  method: Route['method'],
  path: string,
  handle: (call: Call, guest: Guest) => void,
): Route {
  return {
    method,
    path,
    handle: (call) => {
      services.meters.operations++;
      services.door.enter(
        call,
        (guest) => {
          handle(call, guest);
        },
        (error) => {
          refuse(services, call, error);
        },
      );
    },
  };
}

/** A route for everybody. */
export function forAll(services: Services, method: Route['method'], path: string, handle: (call: Call) => void): Route {
  return {
    method,
    path,
    handle: (call) => {
      services.meters.operations++;
      services.kit.core.turn.run(() => {
        services.door.admit(call);
        handle(call);
      });
    },
  };
}
