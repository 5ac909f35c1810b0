import type { Output } from './surroundings.js';

/** Writes what somebody may read. Nobody there, as at a terminal that hung up, or no room for it, is no reason to end. */
export function say(output: Output, text: string): void {
  try {
    output.write(text);
  } catch {
    // Files throw at once; what else fails is an event.
  }
}

/** Goes on when an output breaks. */
export function outlive(...outputs: readonly Output[]): void {
  for (const output of outputs) output.on('error', () => undefined);
}
