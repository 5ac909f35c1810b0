import { publicId } from './digest.js';
import type { OctostorePlace } from './octostore-place.js';

/** By what others know who holds it: his account, or the session that it goes with. */
export function holderId({ terms: { account, session, isEphemeral } }: OctostorePlace): string {
  return isEphemeral && session !== undefined ? publicId('session', session.digest) : account.userId;
}
