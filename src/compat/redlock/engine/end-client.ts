import type { RedlockClient } from '../document/types.js';
import { within } from './within.js';

/** How long a client has to say goodbye. Milliseconds. */
const PATIENCE = 1000;

/** What ends a client: gently, and at once. */
interface Ending {
  readonly quit?: () => Promise<unknown>;
  readonly close?: () => Promise<unknown>;
  readonly disconnect?: () => unknown;
  readonly destroy?: () => unknown;
}

/** Ends a user's client, whatever state it is in. Never rejects. */
export async function endClient(client: RedlockClient): Promise<void> {
  const ending = client as Ending;
  try {
    await within(PATIENCE, Promise.resolve(ending.close?.() ?? ending.quit?.()));
  } catch {
    drop(ending);
  }
}

function drop(ending: Ending): void {
  try {
    if (ending.destroy === undefined) ending.disconnect?.();
    else ending.destroy();
  } catch {
    // It has ended.
  }
}
