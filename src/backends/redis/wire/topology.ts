import type { OpenLink } from './link.js';

/** Which servers of a Cluster have which slots. */
export interface Topology {
  /** How each master is reached, by its `host:port`. */
  readonly masters: ReadonlyMap<string, OpenLink>;
  /** `host:port` of the one that has a slot, if there is one. */
  masterOf(slot: number): string | undefined;
}

/** So long one server may take to tell who the masters are, before another one is asked. Milliseconds. */
export const ASKING = 1000;

/** Asks the Cluster. Rejects with what the client said. It ends, also where a server is silent. */
export type Discover = () => Promise<Topology>;
